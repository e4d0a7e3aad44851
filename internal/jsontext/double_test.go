package jsontext

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestDoublesAreWrittenAsJavaScriptDoes(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1.5: "-1.5", 0.1: "0.1", 1e20: "100000000000000000000", 1e21: "1e+21", 1e-6: "0.000001", 1e-7: "1e-7", 1.25e-10: "1.25e-10", -3e-9: "-3e-9",
		9007199254740993: "9007199254740992", 123456789: "123456789", 5e-324: "5e-324", 1.7976931348623157e308: "1.7976931348623157e+308",
	} {
		if got := string(AppendFloat(nil, f)); got != want {
			t.Errorf("%g is written as %s, not %s", f, got, want)
		}
	}
	if got := string(AppendFloat([]byte("x"), math.Copysign(0, -1))); got != "x0" {
		t.Errorf("negative zero behind x is written as %s", got)
	}
}

func TestDoublesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return
		}
		number := AppendFloat(nil, f)
		if err := Check(number, Limits{}); err != nil {
			t.Fatalf("%s: %v", number, err)
		}
		if math.Abs(f) < 1e21 && f == math.Trunc(f) && !isCanonical(nil, number) {
			t.Fatalf("%s is not canonical", number)
		}
		canonical, err := Canonical(nil, number)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{number, canonical} {
			if got, exact := ExactFloat(nil, text); !exact || got != f {
				t.Fatalf("%s is read as %g, %t", text, got, exact)
			}
		}
	})
}

func TestExactFloat(t *testing.T) {
	for number, exact := range map[string]bool{
		"9007199254740992": true, "9007199254740993": false, "9007199254740993.0": false, "-9007199254740993": false,
		"0.1": true, "0.10": true, "0.1000000000000000055": false, "1e400": false, "1e-400": false, "0e999": true, "-0": true,
		"1e21": true, "1000000000000000000000": true, "1152921504606846976": false, "5e-324": true, "3e-324": false,
		"1E+0002": true, "0.0000010": true, "1e999999": false, "0e-999999": true, "-0.0": true,
	} {
		f, got := ExactFloat(nil, []byte(number))
		if got != exact {
			t.Errorf("%s is exactly a double: %t, want %t", number, got, exact)
		}
		if exact && f == 0 && math.Signbit(f) {
			t.Errorf("%s is negative zero", number)
		}
	}
}
