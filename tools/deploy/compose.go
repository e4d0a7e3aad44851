package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose loads a compose file strictly and prints it, resolved.
func compose(args []string) error {
	if len(args) != 1 {
		return errors.New("want one compose file")
	}
	options, err := cli.NewProjectOptions(args, cli.WithConsistency(true), cli.WithNormalization(true), cli.WithResolvedPaths(true))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	var p problems
	for name, service := range project.Services {
		checkService(&p, name, service)
	}
	if err := p.err(); err != nil {
		return err
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(text, '\n'))
	return err
}

// checkService refuses a service that could do more than it needs, and one that could not be built.
func checkService(p *problems, name string, s types.ServiceConfig) {
	for what, good := range map[string]bool{
		"is not read_only":                    s.ReadOnly,
		"keeps capabilities":                  slices.Equal(s.CapDrop, []string{"ALL"}) && len(s.CapAdd) == 0,
		"may gain privileges":                 slices.Contains(s.SecurityOpt, "no-new-privileges:true") && !s.Privileged,
		"does not run as 65532":               s.User == "65532:65532",
		"has a network":                       s.NetworkMode == "none" && len(s.Networks) == 0 && len(s.Ports) == 0,
		"has no limit of memory or processes": s.MemLimit > 0 && s.PidsLimit > 0,
	} {
		if !good {
			p.add("service %s %s", name, what)
		}
	}
	for _, v := range s.Volumes {
		if v.Type != types.VolumeTypeVolume {
			p.add("service %s mounts %s of the machine", name, v.Source)
		}
	}
	if s.Build == nil {
		p.add("service %s is not built", name)
		return
	}
	file := s.Build.Dockerfile
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.Build.Context, file)
	}
	if _, err := os.Stat(file); err != nil {
		p.add("service %s: %w", name, err)
	}
}
