package jsontext

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// benchmarkTexts are attributes of the usual size, as programs and as people write them, and a large one.
func benchmarkTexts() map[string][]byte {
	instance := `{"connection_info":null,"dependencies":[{"id":"pg-n1-a","type":"host.directory"},` +
		`{"id":"cfg-n1-a","type":"host.config_file"}],"instance_hostname":"postgres-n1-a.example.internal",` +
		`"post_init":null,"primary_instance_id":"n1-a","primary_instance_id_updated_at":"2026-01-01T00:00:00Z",` +
		`"spec":{"database_id":"0f8fad5b-d9cb-469f-a165-70867728950e","database_name":"shop","host_id":"host-1",` +
		`"instance_id":"n1-a","node_name":"n1","port":5432,"postgresql_conf":{"max_connections":200,` +
		`"shared_buffers":"8GB","work_mem":"64MB"},"users":[{"attributes":["LOGIN","SUPERUSER"],` +
		`"password":"correct horse battery staple","username":"admin"}]}}`
	spaced := strings.NewReplacer(`":`, `": `, `,"`, ",\n    \"").Replace(instance)
	shuffled := `{"spec":` + instance[strings.Index(instance, `"spec":`)+7:len(instance)-1] + "," +
		instance[1:strings.Index(instance, `,"spec"`)] + "}"
	var large strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&large, `,%s`, strings.Replace(instance, "n1-a", fmt.Sprintf("n%d-é", i), 1))
	}
	return map[string][]byte{
		"canonical": []byte(instance),
		"spaced":    []byte(spaced),
		"shuffled":  []byte(shuffled),
		"large":     []byte(`{"all":[` + large.String()[1:] + `]}`),
	}
}

func benchmarkEach(b *testing.B, run func(text []byte)) {
	texts := benchmarkTexts()
	for _, name := range []string{"canonical", "spaced", "shuffled", "large"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(texts[name])))
			b.ReportAllocs()
			for b.Loop() {
				run(texts[name])
			}
		})
	}
}

func BenchmarkCheckObject(b *testing.B) {
	benchmarkEach(b, func(text []byte) {
		if err := CheckObject(text, Limits{}); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkJSONValid is what to compare BenchmarkCheckObject with.
func BenchmarkJSONValid(b *testing.B) {
	benchmarkEach(b, func(text []byte) {
		if !json.Valid(text) {
			b.Fatal("invalid")
		}
	})
}

func BenchmarkIsCanonical(b *testing.B) {
	benchmarkEach(b, func(text []byte) { isCanonical(nil, text) })
}

func BenchmarkCanonical(b *testing.B) {
	benchmarkEach(b, func(text []byte) {
		if _, err := Canonical(nil, text); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkDiff(b *testing.B) {
	texts := benchmarkTexts()
	instance := string(texts["canonical"])
	benchmark := func(name, current, wanted string, ignore ...string) {
		b.Run(name, func(b *testing.B) {
			have, want := []byte(current), []byte(wanted)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Diff(nil, have, want, ignore); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	known := strings.Replace(instance, `"connection_info":null`, `"connection_info":{"port":5432}`, 1)
	benchmark("same bytes", instance, instance)
	benchmark("ignored only", known, instance, "/primary_instance_id", "/connection_info")
	benchmark("one setting", strings.Replace(instance, "200", "300", 1), instance)
	benchmark("arrays without anything in common", numbers(0, 1000), numbers(1000, 2000))
	benchmark("arrays with one element more", numbers(0, 1000), numbers(1, 1000))
}

// numbers is an object with an array of the numbers from first to before last.
func numbers(first, last int) string {
	var b strings.Builder
	for i := first; i < last; i++ {
		fmt.Fprintf(&b, ",%d", i)
	}
	return `{"numbers":[` + b.String()[1:] + `]}`
}
