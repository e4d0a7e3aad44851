package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// tree is a directory with kustomizations in it.
type tree struct {
	root           string
	files          []string // everything in YAML
	kustomizations []string // the directories that can be rendered; components are rendered as parts of these
	problems       problems
	disk           recorder
}

// recorder remembers which files kustomize has read.
type recorder struct {
	filesys.FileSystem
	read map[string]bool
}

func (r recorder) ReadFile(path string) ([]byte, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	r.read[absolute] = true
	return r.FileSystem.ReadFile(path)
}

// readTree finds all kustomizations, and refuses YAML files with keys that are there twice, of which kustomize
// would take one.
func readTree(root string) (*tree, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	t := &tree{root: root, disk: recorder{filesys.MakeFsOnDisk(), map[string]bool{}}}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if extension := filepath.Ext(path); extension != ".yaml" && extension != ".yml" {
			return nil
		}
		t.files = append(t.files, path)
		return t.readFile(path)
	})
	if err == nil && len(t.kustomizations) == 0 {
		err = fmt.Errorf("%s holds no kustomization", root)
	}
	return t, err
}

func (t *tree) readFile(path string) error {
	content, err := t.disk.FileSystem.ReadFile(path)
	if err != nil {
		return err
	}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		var anything any
		if err := yaml.UnmarshalStrict(document, &anything); err != nil {
			t.problems.addf("%s: %v", t.relative(path), err)
		}
	}
	if filepath.Base(path) != "kustomization.yaml" {
		return nil
	}
	var kustomization types.Kustomization
	if err := yaml.Unmarshal(content, &kustomization); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if kustomization.Kind != types.ComponentKind {
		t.kustomizations = append(t.kustomizations, filepath.Dir(path))
	}
	return nil
}

// render builds a kustomization, and decodes and validates what comes out.
func (t *tree) render(dir string) (*set, problems) {
	s := &set{}
	var found problems
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(t.disk, dir)
	if err != nil {
		found.addf("%v", err)
		return s, found
	}
	for _, resource := range rendered.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			found.addf("%v", err)
			continue
		}
		id := resource.GetKind() + " " + resource.GetName()
		found.add(id, s.decode(id, text))
	}
	return s, found
}

// unused tells which files no kustomization has read: they are forgotten, or their names are misspelled.
func (t *tree) unused() problems {
	var found problems
	for _, file := range t.files {
		if !t.disk.read[file] {
			found.addf("%s: no kustomization uses it", t.relative(file))
		}
	}
	slices.Sort(found)
	return found
}

func (t *tree) relative(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, t.root), string(filepath.Separator))
}
