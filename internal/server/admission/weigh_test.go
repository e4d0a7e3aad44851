package admission

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// What is read the short way is what is read the long way, whatever the bytes.
func TestConsumeShort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	short := 0
	for range 100_000 {
		data := make([]byte, random.IntN(20))
		for i := range data {
			data[i] = byte(random.IntN(256) & random.IntN(256) & random.IntN(256)) // mostly small numbers
		}
		number, content, n := consumeShort(data)
		if n < 0 {
			continue
		}
		short++
		wantNumber, wantContent, want := consumeField(data)
		if n != want || number != wantNumber || !bytes.Equal(content, wantContent) || content == nil {
			t.Fatalf("% x: got field %d, % x, %d bytes, want field %d, % x, %d bytes",
				data, number, content, n, wantNumber, wantContent, want)
		}
	}
	if short < 1000 {
		t.Errorf("only %d were short", short)
	}
}
