package jsontext

import (
	"bytes"
	"math"
	"strconv"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// maxPlainDigits is how many digits a canonical number may have that is written without an exponent.
const maxPlainDigits = 21

// longestFloat is more bytes than a double takes, as AppendFloat writes it or in canonical form.
const longestFloat = 64

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
func parseDecimal(stop *interrupt.Poller, number []byte) decimal {
	var d decimal
	if number[0] == '-' {
		d.negative = true
		number = number[1:]
	}
	point, end := -1, len(number)
	for i, c := range number {
		if pollsAt(stop, i) {
			return decimal{}
		}
		if c == '.' {
			point = i
		} else if c|0x20 == 'e' {
			end = i
			d.exponent = parseExponent(stop, number[i+1:])
			break
		}
	}
	first, last := 0, end
	for first < last && (number[first] == '0' || number[first] == '.') && !pollsAt(stop, first) {
		first++
	}
	if first == last {
		return decimal{}
	}
	for (number[last-1] == '0' || number[last-1] == '.') && !pollsAt(stop, last) {
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

// parseExponent reads what stands behind the e of a checked number: few digits, but for zeros in front.
func parseExponent(stop *interrupt.Poller, text []byte) int64 {
	var exponent int64
	for i, c := range text {
		if pollsAt(stop, i) {
			break
		}
		if isDigit(c) {
			exponent = 10*exponent + int64(c-'0')
		}
	}
	if text[0] == '-' {
		return -exponent
	}
	return exponent
}

// appendCanonicalNumber appends the canonical form of a checked number: see Canonical.
func appendCanonicalNumber(stop *interrupt.Poller, dst, number []byte) []byte {
	d := parseDecimal(stop, number)
	if len(d.digits) == 0 {
		return append(dst, '0')
	}
	if d.negative {
		dst = append(dst, '-')
	}
	for i, c := range d.digits {
		if pollsAt(stop, i) {
			return dst
		}
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

// AppendFloat appends a finite double as a JSON number and returns the extended slice: the shortest decimal that
// is read back as the same double, written as JavaScript writes it (RFC 8785), with whole numbers below 1e21 as
// digits only. Both zeros are 0. A double that is infinite or not a number has no JSON form: the caller refuses it.
//
// Whole numbers below 1e21 are in canonical form (see Canonical); others need not be.
func AppendFloat(dst []byte, f float64) []byte {
	const mostWhole, leastFraction = 1e21, 1e-6
	if f == 0 {
		return append(dst, '0')
	}
	if size := math.Abs(f); leastFraction <= size && size < mostWhole {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-4] == 'e' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-07 is e-7
		dst = dst[:n-1]
	}
	return dst
}

// ExactFloat returns the double whose shortest decimal, as AppendFloat writes it, has the exact value of a number
// that has been checked, if there is one. Both zeros are 0.
func ExactFloat(stop *interrupt.Poller, number []byte) (float64, bool) {
	if len(number) > longestFloat { // without zeros that mean nothing it may be shorter
		if number = appendCanonicalNumber(stop, nil, number); len(number) > longestFloat {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil {
		return 0, false
	}
	if f == 0 {
		f = 0
	}
	var buffer [longestFloat]byte
	written := AppendFloat(buffer[:0], f)
	return f, bytes.Equal(written, number) || sameNumber(written, number)
}

// sameNumber tells whether two checked numbers of at most longestFloat bytes have the same exact decimal value.
func sameNumber(a, b []byte) bool {
	var bufferA, bufferB [longestFloat]byte
	return bytes.Equal(appendCanonicalNumber(nil, bufferA[:0], a), appendCanonicalNumber(nil, bufferB[:0], b))
}
