/** The programs that this one also is: by the name that upstream gives each, the words that mean it. */
export const programNames = {
  kubectl: "kubectl",
  "kube-apiserver": "apiserver",
  "kube-controller-manager": "controller-manager",
  "kube-scheduler": "scheduler",
  "cloud-controller-manager": "cloud-controller-manager",
  kubelet: "kubelet",
  "kube-proxy": "proxy",
};
