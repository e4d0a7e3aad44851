package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// server is the real planner-server.
type server struct {
	binary  string
	command string  // what it is called in the image
	memory  float64 // what it needs with the default limits
	flags   map[string]setting
}

// setting is a flag as --help tells it.
type setting struct{ variable, preset string }

const (
	buildTime = 10 * time.Minute
	startTime = time.Minute // generous: the machine may have other work
	runTime   = time.Minute
	attempts  = 3 // of a probe, as the kubelet has some
)

// buildServer builds the server of this repository, and asks it which settings there are.
func buildServer(binary string) (*server, error) {
	command, err := lookUp("Dockerfile", `(?m)^ENTRYPOINT \["([^"]+)"\]$`)
	if err != nil {
		return nil, err
	}
	gibibytes, err := lookUp("docs/operations.md", `With the\s+defaults, give it ([0-9]+) GiB`)
	if err != nil {
		return nil, err
	}
	memory, err := strconv.ParseFloat(gibibytes, 64)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildTime)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", binary, "./cmd/planner-server")
	build.Dir = repository
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	help, err := exec.CommandContext(ctx, binary, "--help").Output()
	if err != nil {
		return nil, err
	}
	s := &server{binary: binary, command: command, memory: memory * (1 << 30), flags: map[string]setting{}}
	flag := regexp.MustCompile(`(?m)^  --([a-z0-9-]+).*\n.*\n +(?:default (.*), )?environment ([A-Z0-9_]+)$`)
	for _, found := range flag.FindAllStringSubmatch(string(help), -1) {
		s.flags[found[1]] = setting{variable: found[3], preset: found[2]}
	}
	return s, nil
}

// lookUp finds what another file of the repository says.
func lookUp(file, pattern string) (string, error) {
	content, err := os.ReadFile(filepath.Join(repository, file))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(pattern).FindSubmatch(content)
	if found == nil {
		return "", fmt.Errorf("%s: the check looks for %s there, and does not find it", file, pattern)
	}
	return string(found[1]), nil
}

// check starts every planner of the set as its container would be, and asks what its probes ask.
func (s *server) check(set *set, temp string) (problems, error) {
	var found problems
	for _, p := range set.pods {
		for _, container := range p.planners() {
			where := p.id + ": " + container.Name
			wrong := s.checkVariables(container)
			found.add(where, wrong)
			found.add(where, s.checkSettings(p, container))
			if len(wrong) > 0 {
				continue
			}
			box, err := newSandbox(p, temp)
			if err != nil {
				return nil, err
			}
			found.add(where, s.checkRun(box, container))
		}
	}
	return found, nil
}

// checkVariables refuses what the server would not notice: variables that it does not know.
func (s *server) checkVariables(container corev1.Container) problems {
	var found problems
	known := map[string]bool{}
	for _, flag := range s.flags {
		known[flag.variable] = true
	}
	if len(container.Command) > 0 || len(container.Args) > 0 {
		found.addf("has arguments, of which its probes know nothing: use variables")
	}
	if len(container.EnvFrom) > 0 {
		found.addf("has variables from elsewhere, which cannot be checked")
	}
	for _, variable := range container.Env {
		if variable.ValueFrom != nil {
			found.addf("%s comes from elsewhere, which cannot be checked", variable.Name)
		}
		if strings.HasPrefix(variable.Name, "PLANNER_") && !known[variable.Name] {
			found.addf("the server knows no variable %s", variable.Name)
		}
	}
	return found
}

// checkRun runs a planner's container.
func (s *server) checkRun(box *sandbox, container corev1.Container) problems {
	var found problems
	as := box.as(container)
	if out, err := s.run(as, "check-config"); err != nil {
		found.addf("check-config: %v: %s", err, out)
		return found
	}
	for name, probe := range probes(container) {
		switch {
		case probe == nil:
			found.addf("has no %s", name)
		case s.probe(box, as, container, probe) == nil:
			found.addf("%s succeeds though nothing serves", name)
		}
	}
	if len(found) > 0 {
		return found
	}
	ctx, stop := context.WithCancel(context.Background())
	var log bytes.Buffer
	process := s.process(ctx, as)
	process.Stderr = &log
	if err := process.Start(); err != nil {
		stop()
		found.addf("%v", err)
		return found
	}
	ended := make(chan struct{})
	go func() {
		_ = process.Wait() // it is killed, or says in its log why it has ended
		close(ended)
	}()
	found = s.checkServing(box, as, container, ended)
	stop()
	<-ended
	if len(found) > 0 {
		found.addf("the server's log: %s", log.String())
	}
	return found
}

// checkServing asks a server that has been started.
func (s *server) checkServing(box *sandbox, as identity, container corev1.Container, ended <-chan struct{}) problems {
	var found problems
	deadline := time.After(startTime)
	for {
		err := s.probe(box, as, container, container.StartupProbe)
		if err == nil {
			break
		}
		select {
		case <-time.After(50 * time.Millisecond):
			continue
		case <-ended:
		case <-deadline:
		}
		found.addf("startupProbe: %v", err)
		return found
	}
	for name, probe := range probes(container) {
		err := s.probe(box, as, container, probe)
		for range attempts - 1 {
			if err != nil {
				err = s.probe(box, as, container, probe)
			}
		}
		if err != nil {
			found.addf("%s: %v", name, err)
		}
	}
	found.add("", s.checkNeighbours(box, container))
	return found
}

// checkNeighbours wants a planner that serves only sockets to be reached by another container of its pod, as the
// user that this one has.
func (s *server) checkNeighbours(box *sandbox, planner corev1.Container) problems {
	var found problems
	if listen := environment(planner)["PLANNER_LISTEN"]; !strings.HasPrefix(listen, "unix:") || strings.Contains(listen, ",") {
		return nil
	}
	asked := false
	for _, container := range box.pod.spec.Containers {
		for _, variable := range container.Env {
			if !strings.HasPrefix(variable.Value, "unix:") || container.Name == planner.Name {
				continue
			}
			asked = true
			as := box.as(container)
			as.environment = []string{"PLANNER_LISTEN=" + box.translate(container, variable.Value)}
			if out, err := s.run(as, "health"); err != nil {
				found.addf("%s does not reach it at %s: %v: %s", container.Name, variable.Value, err, out)
			}
		}
	}
	if !asked {
		found.addf("no other container has a variable with the address of its socket")
	}
	return found
}

// probe asks what the kubelet would ask.
func (s *server) probe(box *sandbox, as identity, container corev1.Container, probe *corev1.Probe) error {
	switch {
	case probe.Exec != nil && slices.Equal(probe.Exec.Command, []string{s.command, "health"}):
		out, err := s.run(as, "health")
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	case probe.HTTPGet != nil:
		client := http.Client{Timeout: runTime}
		port := box.pod.port(probe.HTTPGet.Port)
		answer, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d%s", box.ports[port], probe.HTTPGet.Path))
		if err != nil {
			return err
		}
		if err := answer.Body.Close(); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", probe.HTTPGet.Path, answer.Status)
		}
		return nil
	}
	return fmt.Errorf("%s: want the command %s health, or HTTP: the kubelet speaks no TLS in gRPC", container.Name, s.command)
}

func (s *server) run(as identity, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), runTime)
	defer cancel()
	out, err := s.process(ctx, as, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (s *server) process(ctx context.Context, as identity, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, s.binary, args...)
	command.Env = as.environment
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: as.user}
	return command
}
