package main

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/xeipuuv/gojsonschema"
)

// printed returns the bill of materials of this test's own binary.
func printed(t *testing.T) []byte {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run([]string{"-name", "tested", "-version", "v1.2.3", "-time", "2026-01-02T05:04:05+02:00", path}, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSameBytes(t *testing.T) {
	if first, second := printed(t), printed(t); !bytes.Equal(first, second) {
		t.Errorf("twice is not the same:\n%s\n%s", first, second)
	}
}

// TestSchema asks the schemas of CycloneDX, which come with the module that knows the format.
func TestSchema(t *testing.T) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string) gojsonschema.JSONLoader {
		return gojsonschema.NewReferenceLoader("file://" + filepath.Join(strings.TrimSpace(string(module)), "schema", name))
	}
	schemas := gojsonschema.NewSchemaLoader()
	for url, name := range map[string]string{ // what it refers to, so that nothing is fetched
		"http://cyclonedx.org/schema/spdx.schema.json":     "spdx.schema.json",
		"http://cyclonedx.org/schema/jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		if err := schemas.AddSchema(url, file(name)); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := schemas.Compile(file("bom-1.6.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(printed(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		t.Error(e)
	}
	result, err = schema.Validate(gojsonschema.NewStringLoader(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}`))
	if err != nil || result.Valid() {
		t.Errorf("the schema takes a component without a name: %v", err)
	}
}

func TestWhatIsInIt(t *testing.T) {
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(printed(t)), cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	program := bom.Metadata.Component
	if program.Name != "tested" || program.Version != "v1.2.3" || bom.Metadata.Timestamp != "2026-01-02T03:04:05Z" {
		t.Errorf("got %+v at %s", program, bom.Metadata.Timestamp)
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range *bom.Components {
		got[c.Name] = c.Version
	}
	want := map[string]string{"std": strings.TrimPrefix(runtime.Version(), "go")}
	for _, module := range info.Deps {
		want[module.Path] = module.Version
	}
	if len(info.Deps) == 0 {
		t.Error("a binary without modules shows nothing")
	}
	if len(got) != len(want) || len(*bom.Components) != len(want) || len(*(*bom.Dependencies)[0].Dependencies) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for name, version := range want {
		if got[name] != version {
			t.Errorf("%s: got %q, want %q", name, got[name], version)
		}
	}
}

func TestRefusals(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no binary"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"":                               "want -name",
		"-name n -version v -time t x":   "time",
		"-name n -version v x":           "time",
		"-version v -time t x":           "want -name",
		"-name n -version v -time t x y": "want -name",
		"-name n -version v -time 2026-01-02T03:04:05Z " + text: "could not read Go build info",
	} {
		if err := run(strings.Fields(args), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", args, err, want)
		}
	}
}
