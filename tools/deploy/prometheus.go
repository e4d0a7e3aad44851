package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	// window takes the place of what Grafana computes from the interval of scrapes, here a second.
	window = "15s"
	// patience is how long a panel may take to show something.
	patience = 20 * time.Second
)

// showAll asks Prometheus what panels ask it, until every one shows something.
func showAll(address string, panels []query) error {
	var p problems
	deadline := time.Now().Add(patience)
	for _, q := range panels {
		err := shows(address, q)
		for err != nil && time.Now().Before(deadline) {
			time.Sleep(time.Second)
			err = shows(address, q)
		}
		if err != nil {
			p.add("%s: %w", q.where, err)
		}
	}
	return p.err()
}

// shows says what is wrong with the answer to a query.
func shows(address string, q query) error {
	ask := address + "/api/v1/query?query=" + url.QueryEscape(grafanaValues(window).Replace(q.expr))
	response, err := http.Get(ask) //nolint:gosec // the address is that of the command line
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Error string
		Data  struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("%s", answer.Error)
	}
	shown := false
	for _, series := range answer.Data.Result {
		for _, name := range q.legends {
			if series.Metric[name] == "" {
				return fmt.Errorf("its legend names %s, and there is none", name)
			}
		}
		shown = shown || series.Value[1] != "NaN"
	}
	if !shown {
		return fmt.Errorf("it shows nothing: %s", q.expr)
	}
	return nil
}
