package jsontext

import (
	"bytes"
	"math"
	"strconv"
)

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
func ExactFloat(number []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil {
		return 0, false
	}
	if f == 0 {
		f = 0
	}
	var buffer [64]byte
	written := AppendFloat(buffer[:0], f)
	return f, bytes.Equal(written, number) || sameNumber(written, number)
}

// sameNumber tells whether two checked numbers have the same exact decimal value.
func sameNumber(a, b []byte) bool {
	var bufferA, bufferB [64]byte
	return bytes.Equal(appendCanonicalNumber(bufferA[:0], a), appendCanonicalNumber(bufferB[:0], b))
}
