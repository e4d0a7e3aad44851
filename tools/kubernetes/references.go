package main

import (
	"maps"
	"slices"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// checkReferences looks at what the objects say about each other, which no API server does.
func checkReferences(s *set) problems {
	var found problems
	for _, service := range s.services {
		found.add("Service "+service.Name, checkService(s, service))
	}
	for _, policy := range s.policies {
		found.add("NetworkPolicy "+policy.Name, checkPolicy(s, policy))
	}
	for _, disruption := range s.disruptions {
		if len(s.selected(disruption.Namespace, disruption.Spec.Selector)) == 0 {
			found.addf("PodDisruptionBudget %s: selects no pods", disruption.Name)
		}
	}
	for _, monitor := range s.monitors {
		found.add("ServiceMonitor "+monitor.Name, checkMonitor(s, monitor))
	}
	for _, deployment := range s.deployments {
		found.add("Deployment "+deployment.Name, checkDeployment(s, deployment))
	}
	for _, autoscaler := range s.autoscalers {
		target := autoscaler.Spec.ScaleTargetRef
		if !slices.ContainsFunc(s.deployments, func(d *appsv1.Deployment) bool {
			return target.APIVersion == "apps/v1" && target.Kind == "Deployment" && target.Name == d.Name && autoscaler.Namespace == d.Namespace
		}) {
			found.addf("HorizontalPodAutoscaler %s: there is no %s %s", autoscaler.Name, target.Kind, target.Name)
		}
	}
	return found
}

// selected are the pods that a selector in this namespace means.
func (s *set) selected(namespace string, selector *metav1.LabelSelector) []pod {
	matcher, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil // the validation has said so
	}
	var pods []pod
	for _, p := range s.pods {
		if p.namespace == namespace && matcher.Matches(labels.Set(p.labels)) {
			pods = append(pods, p)
		}
	}
	return pods
}

func checkService(s *set, service *corev1.Service) problems {
	var found problems
	pods := s.selected(service.Namespace, &metav1.LabelSelector{MatchLabels: service.Spec.Selector})
	if len(pods) == 0 {
		found.addf("selects no pods")
	}
	for _, port := range service.Spec.Ports {
		for _, p := range pods {
			number := p.port(port.TargetPort)
			switch {
			case number == 0:
				found.addf("%s has no port %s", p.id, port.TargetPort.String())
			case service.Spec.ClusterIP == corev1.ClusterIPNone && number != port.Port:
				found.addf("port %d is %d in the pods, and a headless service maps no ports", port.Port, number)
			case !s.letsIn(p, number):
				found.addf("no NetworkPolicy lets anyone in to port %d of %s", number, p.id)
			}
		}
	}
	return found
}

// port is the number of a port that is declared, by name or number, or 0.
func (p pod) port(name intstr.IntOrString) int32 {
	for _, container := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
		for _, port := range container.Ports {
			if name.Type == intstr.String && port.Name == name.StrVal || name.Type == intstr.Int && port.ContainerPort == name.IntVal {
				return port.ContainerPort
			}
		}
	}
	return 0
}

// letsIn tells whether some policy lets someone in to the port. Pods without any policy are not let off.
func (s *set) letsIn(p pod, number int32) bool {
	for _, policy := range s.policies {
		selects := slices.ContainsFunc(s.selected(policy.Namespace, &policy.Spec.PodSelector), func(q pod) bool { return q.id == p.id })
		if !selects {
			continue
		}
		for _, rule := range policy.Spec.Ingress {
			if slices.ContainsFunc(rule.Ports, func(port networkingv1.NetworkPolicyPort) bool {
				return port.Port != nil && p.port(*port.Port) == number
			}) {
				return true
			}
		}
	}
	return false
}

func checkPolicy(s *set, policy *networkingv1.NetworkPolicy) problems {
	var found problems
	pods := s.selected(policy.Namespace, &policy.Spec.PodSelector)
	if len(pods) == 0 {
		found.addf("selects no pods")
	}
	for _, rule := range policy.Spec.Ingress {
		if len(rule.Ports) == 0 || len(rule.From) == 0 {
			found.addf("has a rule that lets in everyone, or to every port")
		}
		for _, port := range rule.Ports {
			for _, p := range pods {
				if port.Port == nil || p.port(*port.Port) == 0 {
					found.addf("%s has no port %v", p.id, port.Port)
				}
			}
		}
	}
	return found
}

func checkMonitor(s *set, monitor *monitoringv1.ServiceMonitor) problems {
	var found problems
	matcher, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
	if err != nil {
		found.addf("%v", err)
		return found
	}
	services := slices.DeleteFunc(slices.Clone(s.services), func(service *corev1.Service) bool {
		return service.Namespace != monitor.Namespace || !matcher.Matches(labels.Set(service.Labels))
	})
	if len(services) != 1 {
		found.addf("selects %d services, want one", len(services))
		return found
	}
	if job := services[0].Labels[monitor.Spec.JobLabel]; job != plannerName {
		found.addf("the job is %q, but %q in the dashboard and the alerts", job, plannerName)
	}
	for _, endpoint := range monitor.Spec.Endpoints {
		if !slices.ContainsFunc(services[0].Spec.Ports, func(port corev1.ServicePort) bool { return port.Name == endpoint.Port }) {
			found.addf("Service %s has no port %q", services[0].Name, endpoint.Port)
		}
	}
	return found
}

// checkDeployment wants either an autoscaler or a number of replicas.
func checkDeployment(s *set, deployment *appsv1.Deployment) problems {
	var found problems
	scaled := false
	for _, autoscaler := range s.autoscalers {
		scaled = scaled || autoscaler.Spec.ScaleTargetRef.Name == deployment.Name
	}
	if scaled == (deployment.Spec.Replicas != nil) {
		found.addf("wants either replicas or an autoscaler, which would undo each other")
	}
	return found
}

// missingSecrets are those that pods mount and no certificate is kept in.
func (s *set) missingSecrets() []string {
	missing := map[string]struct{}{}
	for _, p := range s.pods {
		for _, volume := range p.spec.Volumes {
			if volume.Secret != nil && !s.keeps(volume.Secret.SecretName) {
				missing[volume.Secret.SecretName] = struct{}{}
			}
		}
	}
	return slices.Sorted(maps.Keys(missing))
}

// keeps tells whether cert-manager makes this Secret.
func (s *set) keeps(secret string) bool {
	return slices.ContainsFunc(s.certificates, func(c *certmanagerv1.Certificate) bool { return c.Spec.SecretName == secret })
}
