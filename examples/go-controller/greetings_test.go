// Package greetings tests a controller with envtest, as its users do everywhere: nothing here knows whose cluster it is.
package greetings

import (
	"context"
	"os"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// greeter gives each ConfigMap with a greeting a Deployment that says it.
type greeter struct {
	client.Client
}

func (g *greeter) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var greeting corev1.ConfigMap
	if err := g.Get(ctx, request.NamespacedName, &greeting); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	text, ok := greeting.Data["greeting"]
	if !ok {
		return reconcile.Result{}, nil
	}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: greeting.Namespace, Name: greeting.Name}}
	_, err := controllerutil.CreateOrUpdate(ctx, g.Client, deployment, func() error {
		labels := map[string]string{"greeting": greeting.Name}
		deployment.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
		deployment.Spec.Template.Labels = labels
		if len(deployment.Spec.Template.Spec.Containers) == 0 {
			deployment.Spec.Template.Spec.Containers = []corev1.Container{{Name: "greeter", Image: "greeter:1"}}
		}
		deployment.Spec.Template.Spec.Containers[0].Args = []string{text}
		return controllerutil.SetControllerReference(&greeting, deployment, g.Scheme())
	})
	return reconcile.Result{}, err
}

func TestGreetings(t *testing.T) {
	began := time.Now()
	environment := &envtest.Environment{}
	config, err := environment.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the environment stood after %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := environment.Stop(); err != nil {
			t.Error(err)
		}
	})

	manager, err := ctrl.NewManager(config, ctrl.Options{Metrics: server.Options{BindAddress: "0"}})
	if err != nil {
		t.Fatal(err)
	}
	err = ctrl.NewControllerManagedBy(manager).For(&corev1.ConfigMap{}).Owns(&appsv1.Deployment{}).Complete(&greeter{manager.GetClient()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- manager.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})

	cluster, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	greeting := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "hello"}, Data: map[string]string{"greeting": "hello"}}
	if err := cluster.Create(ctx, greeting); err != nil {
		t.Fatal(err)
	}
	key := client.ObjectKeyFromObject(greeting)
	says := func(text string) func() bool {
		return func() bool {
			var deployment appsv1.Deployment
			return cluster.Get(ctx, key, &deployment) == nil && deployment.Spec.Template.Spec.Containers[0].Args[0] == text
		}
	}
	eventually(t, "a Deployment says hello", says("hello"))

	greeting.Data["greeting"] = "good day"
	if err := cluster.Update(ctx, greeting); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the Deployment follows its ConfigMap", says("good day"))

	var deployment appsv1.Deployment
	if err := cluster.Get(ctx, key, &deployment); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Delete(ctx, &deployment); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a deleted Deployment is made anew", says("good day"))

	if os.Getenv("KUBETS_CONTROLLERS") == "all" {
		eventually(t, "the Deployment has a ReplicaSet", func() bool {
			var sets appsv1.ReplicaSetList
			err := cluster.List(ctx, &sets, client.InNamespace("default"), client.MatchingLabels{"greeting": "hello"})
			return err == nil && len(sets.Items) > 0
		})
	}
	t.Logf("all was shown after %v", time.Since(began).Round(time.Millisecond))
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not seen in time: %s", what)
		}
	}
}
