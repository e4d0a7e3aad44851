package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// plannerName is the name of containers that run the planner.
const plannerName = "planner"

// planners are the containers of a pod that run the planner.
func (p pod) planners() []corev1.Container {
	return slices.DeleteFunc(slices.Concat(p.spec.InitContainers, p.spec.Containers), func(c corev1.Container) bool {
		return c.Name != plannerName
	})
}

// environment is what a container's list of variables says.
func environment(container corev1.Container) map[string]string {
	values := map[string]string{}
	for _, variable := range container.Env {
		values[variable.Name] = variable.Value
	}
	return values
}

// checkPod wants what every pod is to have, whatever cluster it comes to.
func checkPod(s *set, p pod) problems {
	var found problems
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		found.addf("%v", err)
		return found
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	if result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, p.meta, p.spec)); !result.Allowed {
		found.addf("the Pod Security Standard %s forbids it: %s", level.Level, result.ForbiddenDetail())
	}
	if p.spec.AutomountServiceAccountToken == nil || *p.spec.AutomountServiceAccountToken {
		found.addf("automountServiceAccountToken is not false")
	}
	if p.spec.EnableServiceLinks == nil || *p.spec.EnableServiceLinks {
		found.addf("enableServiceLinks is not false: a Service named planner would make PLANNER_ variables")
	}
	if name := p.spec.ServiceAccountName; name != "" && !slices.ContainsFunc(s.accounts, func(account *corev1.ServiceAccount) bool {
		return account.Name == name && account.Namespace == p.namespace
	}) {
		found.addf("there is no ServiceAccount %s", name)
	}
	for _, volume := range p.spec.Volumes {
		if !slices.ContainsFunc(slices.Concat(p.spec.InitContainers, p.spec.Containers), func(c corev1.Container) bool {
			return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume.Name })
		}) {
			found.addf("no container mounts the volume %s", volume.Name)
		}
	}
	for _, container := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
		if c := container.SecurityContext; c == nil || c.ReadOnlyRootFilesystem == nil || !*c.ReadOnlyRootFilesystem {
			found.addf("%s: readOnlyRootFilesystem is not true", container.Name)
		}
	}
	if len(p.planners()) == 0 {
		found.addf("has no container named %s", plannerName)
	}
	return found
}

// probes are those of a container, by name. Missing ones are nil.
func probes(container corev1.Container) map[string]*corev1.Probe {
	return map[string]*corev1.Probe{
		"startupProbe": container.StartupProbe, "readinessProbe": container.ReadinessProbe, "livenessProbe": container.LivenessProbe,
	}
}

// flushTime is how long the server takes for the last traces, after it has drained.
const flushTime = 5 * time.Second

// checkSettings compares the settings of a planner with what is around it.
func (s *server) checkSettings(p pod, container corev1.Container) problems {
	var found problems
	values := environment(container)
	value := func(name string) string {
		if text := values[s.flags[name].variable]; text != "" {
			return text
		}
		return s.flags[name].preset
	}
	duration := func(name string) time.Duration {
		d, err := time.ParseDuration(value(name))
		if err != nil {
			found.addf("%s: %v", name, err)
		}
		return d
	}
	held := func(value func(string) string) (sum float64) {
		for _, name := range []string{"max-request-bytes-arriving", "max-request-bytes-in-flight", "max-response-bytes-in-flight"} {
			n, err := strconv.ParseFloat(value(name), 64)
			if err != nil {
				found.addf("%s: %v", name, err)
			}
			sum += n
		}
		return sum
	}
	grace := 30 * time.Second // the API's default
	if seconds := p.spec.TerminationGracePeriodSeconds; seconds != nil {
		grace = time.Duration(*seconds) * time.Second
	}
	if stop := duration("drain-delay") + duration("drain-timeout") + flushTime; grace < stop {
		found.addf("the grace period of %v ends before the server has stopped, which takes up to %v", grace, stop)
	}
	want := s.memory * held(value) / held(func(name string) string { return s.flags[name].preset })
	if memory := container.Resources.Limits.Memory(); memory.AsApproximateFloat64() < want {
		found.addf("a memory limit of %s is too little for its limits: want %.0f", memory, want)
	}
	found.add("", checkListeners(container, strings.Split(value("listen"), ","), value("admin-listen")))
	return found
}

// checkListeners compares where the planner listens with the ports of its container.
func checkListeners(container corev1.Container, listen []string, admin string) problems {
	var found problems
	open := map[int32]bool{}
	for _, address := range append(listen, admin) {
		host, port, ok := cutPort(strings.TrimPrefix(address, "tcp://"))
		if ok && host != "127.0.0.1" && host != "localhost" && host != "[::1]" {
			open[port] = true
		}
	}
	for _, port := range container.Ports {
		if !open[port.ContainerPort] {
			found.addf("nothing listens on the port %s, %d", port.Name, port.ContainerPort)
		}
		delete(open, port.ContainerPort)
	}
	for port := range open {
		found.addf("listens on port %d, which it does not declare", port)
	}
	return found
}

// isAPI tells the port of the API by its name.
func isAPI(port corev1.ServicePort) bool { return port.Name == "grpc" }

// cutPort splits HOST:PORT. What has no port, such as a socket, is not ok.
func cutPort(address string) (host string, port int32, ok bool) {
	at := strings.LastIndexByte(address, ':')
	if at < 0 || strings.HasPrefix(address, "unix:") {
		return "", 0, false
	}
	number, err := strconv.ParseInt(address[at+1:], 10, 32)
	return address[:at], int32(number), err == nil
}
