package main

import (
	"fmt"
	"slices"
	"strings"

	certmanagerutil "github.com/cert-manager/cert-manager/pkg/api/util"
	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// checkCertificates follows certificates to what signs them and to who uses them. Without any certificate there is
// nothing to check: their Secrets come from elsewhere.
func checkCertificates(s *set) problems {
	var found problems
	if len(s.certificates) == 0 {
		return nil
	}
	for _, certificate := range s.certificates {
		found.add("Certificate "+certificate.Name, checkCertificate(s, certificate))
	}
	for _, issuer := range s.issuers {
		if issuer.Spec.CA != nil && !s.keeps(issuer.Spec.CA.SecretName) {
			found.addf("Issuer %s: no certificate is kept in the Secret %s", issuer.Name, issuer.Spec.CA.SecretName)
		}
	}
	for _, secret := range s.missingSecrets() {
		found.addf("no certificate is kept in the Secret %s", secret)
	}
	found.add("", checkServerNames(s))
	found.add("", checkClientNames(s))
	return found
}

func checkCertificate(s *set, certificate *certmanagerv1.Certificate) problems {
	var found problems
	if !slices.ContainsFunc(s.issuers, func(issuer *certmanagerv1.Issuer) bool {
		ref := certificate.Spec.IssuerRef
		return ref.Group == "cert-manager.io" && ref.Kind == "Issuer" && ref.Name == issuer.Name && issuer.Namespace == certificate.Namespace
	}) {
		found.addf("there is no issuer %v", certificate.Spec.IssuerRef)
	}
	for _, usage := range certificate.Spec.Usages {
		_, key := certmanagerutil.KeyUsageType(usage)
		_, extended := certmanagerutil.ExtKeyUsageType(usage)
		if !key && !extended {
			found.addf("there is no usage %q", usage)
		}
	}
	return found
}

// checkServerNames wants the name of every service in the certificate that the pods behind it mount.
func checkServerNames(s *set) problems {
	var found problems
	for _, service := range s.services {
		for _, p := range s.selected(service.Namespace, &metav1.LabelSelector{MatchLabels: service.Spec.Selector}) {
			name := fmt.Sprintf("%s.%s.svc", service.Name, service.Namespace)
			if !slices.ContainsFunc(service.Spec.Ports, isAPI) || s.serves(p, name) {
				continue
			}
			found.addf("%s mounts no certificate for servers with the name %s", p.id, name)
		}
	}
	return found
}

// serves tells whether a pod mounts a certificate for servers with this name.
func (s *set) serves(p pod, name string) bool {
	for _, volume := range p.spec.Volumes {
		for _, certificate := range s.certificates {
			if volume.Secret != nil && volume.Secret.SecretName == certificate.Spec.SecretName &&
				slices.Contains(certificate.Spec.Usages, certmanagerv1.UsageServerAuth) && slices.Contains(certificate.Spec.DNSNames, name) {
				return true
			}
		}
	}
	return false
}

// checkClientNames wants a certificate for every client that is let in.
func checkClientNames(s *set) problems {
	var found problems
	for _, p := range s.pods {
		for _, container := range p.planners() {
			clients := environment(container)["PLANNER_ALLOW_CLIENT"]
			if clients == "" {
				found.addf("%s lets in every client that the CA has signed: set PLANNER_ALLOW_CLIENT", p.id)
				continue
			}
			for client := range strings.SplitSeq(clients, ",") {
				if !slices.ContainsFunc(s.certificates, func(c *certmanagerv1.Certificate) bool {
					return slices.Contains(c.Spec.Usages, certmanagerv1.UsageClientAuth) &&
						(slices.Contains(c.Spec.DNSNames, client) || slices.Contains(c.Spec.URIs, client))
				}) {
					found.addf("%s lets in the client %q, for whom there is no certificate", p.id, client)
				}
			}
		}
	}
	return found
}
