package jsontext

import "strconv"

// maxPlainDigits is how many digits a canonical number may have that is written without an exponent.
const maxPlainDigits = 21

// decimal is the exact value of a JSON number: digits times ten to the power of exponent. Digits may
// have a point among them, which means nothing any more; they neither start nor end with a zero, and are
// empty for the value zero.
type decimal struct {
	negative bool
	digits   []byte
	count    int // of the digits, without the point
	exponent int64
}

// parseDecimal takes a checked number apart. The result shares its memory.
func parseDecimal(number []byte) decimal {
	var d decimal
	if number[0] == '-' {
		d.negative = true
		number = number[1:]
	}
	point, end := -1, len(number)
	for i, c := range number {
		if c == '.' {
			point = i
		} else if c|0x20 == 'e' {
			end = i
			// The number of digits is limited: this cannot fail.
			d.exponent, _ = strconv.ParseInt(string(number[i+1:]), 10, 64)
			break
		}
	}
	first, last := 0, end
	for first < last && (number[first] == '0' || number[first] == '.') {
		first++
	}
	if first == last {
		return decimal{}
	}
	for number[last-1] == '0' || number[last-1] == '.' {
		last--
	}
	d.digits, d.count = number[first:last], last-first
	if point < 0 {
		point = end
	}
	if first < point && point < last {
		d.count--
	}
	if last <= point {
		d.exponent += int64(point - last)
	} else {
		d.exponent -= int64(last - point - 1)
	}
	return d
}

// appendCanonicalNumber appends the canonical form of a checked number: see Canonical.
func appendCanonicalNumber(dst, number []byte) []byte {
	d := parseDecimal(number)
	if len(d.digits) == 0 {
		return append(dst, '0')
	}
	if d.negative {
		dst = append(dst, '-')
	}
	for _, c := range d.digits {
		if c != '.' {
			dst = append(dst, c)
		}
	}
	if d.exponent >= 0 && int64(d.count)+d.exponent <= maxPlainDigits {
		for range d.exponent {
			dst = append(dst, '0')
		}
		return dst
	}
	return strconv.AppendInt(append(dst, 'e'), d.exponent, 10)
}

// isPlainInteger tells whether an integer without exponent is canonical as it is written.
func isPlainInteger(integer []byte) bool {
	if integer[0] == '-' {
		return len(integer) <= maxPlainDigits+1 && integer[1] != '0'
	}
	return len(integer) <= maxPlainDigits
}
