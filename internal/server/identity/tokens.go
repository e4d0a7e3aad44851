package identity

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
)

// minTokenLength keeps guessable tokens out.
const minTokenLength = 16

// Tokens are the bearer tokens of a file: one on each line; empty lines and lines that start with # are
// skipped. They may be read anew at any time, while calls go on. Only their hashes are kept.
type Tokens struct {
	path   string
	hashes atomic.Pointer[[][sha256.Size]byte]
}

// LoadTokens reads the file, which must hold at least one token of at least 16 characters each.
func LoadTokens(path string) (*Tokens, error) {
	t := &Tokens{path: path}
	if err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// Reload reads the file again. On an error the tokens stay as they were. The error never holds a token.
func (t *Tokens) Reload() error {
	content, err := os.ReadFile(t.path)
	if err != nil {
		return fmt.Errorf("read the token file: %w", err)
	}
	hashes, err := parseTokens(content)
	if err != nil {
		return fmt.Errorf("token file %s: %w", t.path, err)
	}
	t.hashes.Store(&hashes)
	return nil
}

func parseTokens(content []byte) ([][sha256.Size]byte, error) {
	var hashes [][sha256.Size]byte
	lines := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		token := strings.TrimSpace(lines.Text())
		switch {
		case token == "" || strings.HasPrefix(token, "#"):
			continue
		case len(token) < minTokenLength:
			return nil, fmt.Errorf("line %d: a token has at least %d characters", n, minTokenLength)
		case strings.ContainsAny(token, " \t"):
			return nil, fmt.Errorf("line %d: a token has no white space", n)
		}
		hashes = append(hashes, sha256.Sum256([]byte(token)))
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(hashes) == 0 {
		return nil, errors.New("it holds no token")
	}
	return hashes, nil
}

// Has tells whether the token is one of those in the file. It takes the same time for every token of the
// same length, so that nothing can be learned from it.
func (t *Tokens) Has(token string) bool {
	hash := sha256.Sum256([]byte(token))
	found := 0
	for _, known := range *t.hashes.Load() {
		found |= subtle.ConstantTimeCompare(hash[:], known[:])
	}
	return found == 1
}
