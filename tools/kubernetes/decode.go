package main

import (
	"context"
	"fmt"
	"sync"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
)

// set is what a kustomization renders to.
type set struct {
	ids          []string
	pods         []pod
	services     []*corev1.Service
	accounts     []*corev1.ServiceAccount
	deployments  []*appsv1.Deployment
	disruptions  []*policyv1.PodDisruptionBudget
	autoscalers  []*autoscalingv2.HorizontalPodAutoscaler
	policies     []*networkingv1.NetworkPolicy
	monitors     []*monitoringv1.ServiceMonitor
	certificates []*certmanagerv1.Certificate
	issuers      []*certmanagerv1.Issuer
}

// pod is a template of pods, with the name of what makes them.
type pod struct {
	id, namespace string
	labels        map[string]string
	spec          *corev1.PodSpec
	meta          *metav1.ObjectMeta
}

// strictDecoder refuses unknown fields, keys that are there twice, and kinds that it does not know.
var strictDecoder = sync.OnceValues(func() (runtime.Decoder, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, policyv1.AddToScheme, autoscalingv2.AddToScheme,
		networkingv1.AddToScheme, monitoringv1.AddToScheme, certmanagerv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer(), nil
})

// decode adds an object to the set.
func (s *set) decode(id string, text []byte) problems {
	var found problems
	s.ids = append(s.ids, id)
	decoder, err := strictDecoder()
	if err != nil {
		found.addf("%v", err)
		return found
	}
	object, _, err := decoder.Decode(text, nil, nil)
	if err != nil {
		found.addf("%v", err)
		return found
	}
	if meta, ok := object.(metav1.Object); ok && meta.GetNamespace() == "" {
		meta.SetNamespace(metav1.NamespaceDefault)
	}
	if !s.add(id, object) {
		found.addf("the check does not know what to check in it")
	}
	if legacyscheme.Scheme.IsVersionRegistered(object.GetObjectKind().GroupVersionKind().GroupVersion()) {
		found.add("", validate(object))
	}
	return found
}

func (s *set) add(id string, object runtime.Object) bool {
	switch o := object.(type) {
	case *corev1.Service:
		s.services = append(s.services, o)
	case *corev1.ServiceAccount:
		s.accounts = append(s.accounts, o)
	case *appsv1.Deployment:
		s.deployments = append(s.deployments, o)
		s.pods = append(s.pods, pod{
			id: id, namespace: o.Namespace, labels: o.Spec.Template.Labels, spec: &o.Spec.Template.Spec, meta: &o.Spec.Template.ObjectMeta,
		})
	case *policyv1.PodDisruptionBudget:
		s.disruptions = append(s.disruptions, o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		s.autoscalers = append(s.autoscalers, o)
	case *networkingv1.NetworkPolicy:
		s.policies = append(s.policies, o)
	case *monitoringv1.ServiceMonitor:
		s.monitors = append(s.monitors, o)
	case *certmanagerv1.Certificate:
		s.certificates = append(s.certificates, o)
	case *certmanagerv1.Issuer:
		s.issuers = append(s.issuers, o)
	default:
		return false
	}
	return true
}

// validate does what the API server does when an object is created: it fills in defaults and validates. What would
// be a warning is a problem here.
func validate(object runtime.Object) problems {
	var found problems
	object = object.DeepCopyObject()
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	if err != nil {
		found.addf("%v", err)
		return found
	}
	var wrong field.ErrorList
	var warnings []string
	switch o := internal.(type) {
	case *core.Service:
		if o.Spec.ClusterIP != "" {
			o.Spec.ClusterIPs = []string{o.Spec.ClusterIP} // so does the API server
		}
		wrong = corevalidation.ValidateServiceCreate(o)
	case *core.ServiceAccount:
		wrong = corevalidation.ValidateServiceAccount(o)
	case *apps.Deployment:
		wrong = appsvalidation.ValidateDeployment(o, podutil.GetValidationOptionsFromPodTemplate(&o.Spec.Template, nil))
		warnings = podutil.GetWarningsForPodTemplate(context.Background(), field.NewPath("spec", "template"), &o.Spec.Template, nil)
	case *policy.PodDisruptionBudget:
		wrong = policyvalidation.ValidatePodDisruptionBudget(o, policyvalidation.PodDisruptionBudgetValidationOptions{})
	case *autoscaling.HorizontalPodAutoscaler:
		wrong = autoscalingvalidation.ValidateHorizontalPodAutoscaler(o,
			autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{MinReplicasLowerBound: 1})
	case *networking.NetworkPolicy:
		wrong = networkingvalidation.ValidateNetworkPolicy(o, networkingvalidation.NetworkPolicyValidationOptions{})
	default:
		warnings = append(warnings, fmt.Sprintf("the check does not know how to validate a %T", o))
	}
	for _, err := range wrong {
		found.addf("%v", err)
	}
	return append(found, warnings...)
}
