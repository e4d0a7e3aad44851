package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"time"
)

// retries are how often, when and why a call is repeated.
type retries struct {
	MaxAttempts                int
	InitialBackoff, MaxBackoff time.Duration
	RetryableStatusCodes       []string
}

// readServiceConfig takes the retry policy from the constant ServiceConfig in a Go file.
func readServiceConfig(file string) (retries, error) {
	var r retries
	text, err := readConstant(file, "ServiceConfig")
	if err != nil {
		return r, err
	}
	var config struct {
		MethodConfig []struct {
			RetryPolicy struct {
				MaxAttempts                int
				InitialBackoff, MaxBackoff string
				RetryableStatusCodes       []string
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return r, fmt.Errorf("%s: %w", file, err)
	}
	if len(config.MethodConfig) != 1 {
		return r, fmt.Errorf("%s: want one retry policy for all methods, got %d", file, len(config.MethodConfig))
	}
	policy := config.MethodConfig[0].RetryPolicy
	r.MaxAttempts, r.RetryableStatusCodes = policy.MaxAttempts, policy.RetryableStatusCodes
	var err1, err2 error
	r.InitialBackoff, err1 = time.ParseDuration(policy.InitialBackoff)
	r.MaxBackoff, err2 = time.ParseDuration(policy.MaxBackoff)
	return r, errors.Join(err1, err2)
}

// readConstant is the value of a string constant in a Go file.
func readConstant(file, name string) (string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return "", err
	}
	for _, decl := range parsed.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			constant, ok := spec.(*ast.ValueSpec)
			if !ok || len(constant.Names) != 1 || constant.Names[0].Name != name || len(constant.Values) != 1 {
				continue
			}
			if literal, ok := constant.Values[0].(*ast.BasicLit); ok {
				return strconv.Unquote(literal.Value)
			}
		}
	}
	return "", fmt.Errorf("%s has no constant %s", file, name)
}
