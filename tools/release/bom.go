package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

// license is that of this project. Those of the modules are in the LICENSES.txt beside the binary.
const license = "Apache-2.0"

// describe returns the bill of materials of the binary at path: the program itself, and as its components Go's
// standard library and all linked modules, in the order of their paths. Replaced modules appear as what replaced them.
func describe(path, name, version string, committed time.Time) (*cyclonedx.BOM, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	program := component(cyclonedx.ComponentTypeApplication, info.Main.Path, version)
	program.Name = name
	program.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}}
	program.Licenses = &cyclonedx.Licenses{{License: &cyclonedx.License{ID: license}}}
	program.Properties = settings(info)

	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{
		Timestamp: committed.UTC().Format(time.RFC3339),
		Tools: &cyclonedx.ToolsChoice{Components: &[]cyclonedx.Component{
			{Type: cyclonedx.ComponentTypeApplication, Name: "github.com/pgplanner/pgplanner/tools/release"},
		}},
		Component: &program,
	}
	components := modules(info)
	refs := make([]string, 0, len(components))
	for _, c := range components {
		refs = append(refs, c.BOMRef)
	}
	// A binary does not tell which of its modules need which: it needs them all.
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: program.BOMRef, Dependencies: &refs}}
	return bom, nil
}

// modules returns the standard library and what else is linked into a binary.
func modules(info *debug.BuildInfo) []cyclonedx.Component {
	std := component(cyclonedx.ComponentTypeLibrary, "std", strings.TrimPrefix(info.GoVersion, "go"))
	all := []cyclonedx.Component{std}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		all = append(all, component(cyclonedx.ComponentTypeLibrary, module.Path, module.Version))
	}
	slices.SortFunc(all, func(a, b cyclonedx.Component) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func component(kind cyclonedx.ComponentType, path, version string) cyclonedx.Component {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	return cyclonedx.Component{BOMRef: purl, Type: kind, Name: path, Version: version, PackageURL: purl}
}

// settings returns how a binary was built, under the names that CycloneDX's tools for Go have given them.
func settings(info *debug.BuildInfo) *[]cyclonedx.Property {
	var all []cyclonedx.Property
	for _, s := range info.Settings {
		switch s.Key {
		case "CGO_ENABLED", "GOARCH", "GOOS", "GOAMD64", "GOARM64":
			all = append(all, cyclonedx.Property{Name: "cdx:gomod:build:env:" + s.Key, Value: s.Value})
		}
	}
	slices.SortFunc(all, func(a, b cyclonedx.Property) int { return strings.Compare(a.Name, b.Name) })
	return &all
}
