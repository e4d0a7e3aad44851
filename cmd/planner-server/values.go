package main

import (
	"errors"
	"flag"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap/zapcore"
)

// value is a flag whose text is parsed by a function.
type value[T any] struct {
	to    *T
	text  string
	parse func(string) (T, error)
}

// define defines a flag. With an empty preset, its value is the zero value at first.
func define[T any](fs *flag.FlagSet, to *T, name, preset string, parse func(string) (T, error), usage string) {
	v := &value[T]{to: to, parse: parse}
	if err := v.Set(preset); err != nil && preset != "" {
		panic(err) // a default that its own flag refuses
	}
	fs.Var(v, name, usage)
}

func (v *value[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err == nil {
		*v.to, v.text = parsed, text
	}
	return err
}

func (v *value[T]) String() string { return v.text }

// defineList defines a flag that may be given several times. The first one takes the place of the default.
func defineList[T any](fs *flag.FlagSet, to *[]T, name, preset string, parse func(string) (T, error), usage string) {
	var given []T
	define(fs, to, name, preset, func(text string) ([]T, error) {
		parsed, err := parse(strings.TrimSpace(text))
		if err == nil {
			given = append(given, parsed)
		}
		return given, err
	}, usage)
	given = nil // the default is not
}

// The log formats.
const (
	formatJSON    = "json"
	formatConsole = "console"
)

func parseLevel(text string) (zapcore.Level, error) {
	level, err := zapcore.ParseLevel(text)
	if err != nil || level > zapcore.ErrorLevel || text != level.String() {
		return 0, errors.New("want debug, info, warn or error")
	}
	return level, nil
}

func parseFormat(text string) (string, error) {
	if text != formatJSON && text != formatConsole {
		return "", errors.New("want json or console")
	}
	return text, nil
}

func parseDuration(text string) (time.Duration, error) {
	return parseDurationFrom(text, 0, "want a duration that is not negative, such as 30s")
}

func parsePositive(text string) (time.Duration, error) {
	return parseDurationFrom(text, 1, "want a duration above zero, such as 30s")
}

// parseDurationFrom parses a duration that is not less than that.
func parseDurationFrom(text string, least time.Duration, wanted string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < least {
		return 0, errors.New(wanted)
	}
	return d, nil
}

// parseCount refuses 0, which would stand for the default in the limits of the server.
func parseCount[T int | uint32](text string) (T, error) {
	return parseNumber[T](text, 31, 1, "want a number above zero")
}

func parseCountOrZero(text string) (int, error) {
	return parseNumber[int](text, 31, 0, "want a number that is not negative")
}

func parseBytes(text string) (int64, error) {
	return parseNumber[int64](text, 63, 1, "want a number of bytes above zero")
}

func parseID(text string) (uint32, error) {
	return parseNumber[uint32](text, 32, 0, "want a number that is not negative")
}

// parseNumber parses a number that has so many bits and is not less than that.
func parseNumber[T int | int64 | uint32](text string, bits int, least uint64, wanted string) (T, error) {
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil || n < least {
		return 0, errors.New(wanted)
	}
	return T(n), nil
}

func parseRatio(text string) (float64, error) {
	r, err := strconv.ParseFloat(text, 64)
	if err != nil || r < 0 || r > 1 {
		return 0, errors.New("want a number from 0 to 1")
	}
	return r, nil
}

func parseMode(text string) (fs.FileMode, error) {
	mode, err := strconv.ParseUint(text, 8, 32)
	// A mode that is not quoted in YAML arrives as a decimal number: 0660 as 432. None of these passes.
	if err != nil || mode > 0o777 || mode&0o600 != 0o600 {
		return 0, errors.New(`want permissions in octal that let the owner read and write, such as 0660 (in YAML in quotes: "0660")`)
	}
	return fs.FileMode(mode), nil
}

func parseName(text string) (string, error) {
	if text == "" {
		return "", errors.New("want a DNS name or a URI")
	}
	return text, nil
}
