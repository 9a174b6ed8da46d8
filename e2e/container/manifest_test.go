package container_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/settings"
)

const (
	kubernetes = "../../deploy/kubernetes.yaml"
	ecsTask    = "../../deploy/ecs-task.json"
)

// variable is one of a container's environment, as both kinds of manifest write it.
type variable struct{ Name, Value string }

// loadSettings reads the settings that a container has in the image's environment and a manifest's.
func loadSettings(t *testing.T, manifest []variable) *settings.Settings {
	t.Helper()
	image, err := describe(containerfile)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, field := range settings.Fields() {
		known[field.Env] = true
		if field.Lambda != "" {
			known[settings.EnvPrefix+field.Lambda] = true
		}
	}
	environ := slices.Clone(image.env)
	for _, v := range manifest {
		environ = append(environ, v.Name+"="+v.Value)
	}
	for _, pair := range environ {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, settings.EnvPrefix) && !known[name] {
			t.Errorf("%s is no setting", name)
		}
	}
	s, err := settings.Load(settings.Sources{Environ: environ, GOOS: "linux"})
	if err != nil {
		t.Fatalf("the container would not start: %v", err)
	}
	if !s.ForCustomers() || s.Upstream != settings.AWS {
		t.Error("the container would not be one for customers")
	}
	if len(s.AllowOrigins) == 0 || s.AddressRate.N == 0 || s.AuthMode == settings.AuthNone || s.DrainDelay == 0 || s.TrustedProxies == 0 {
		t.Error("the manifest does not show how to protect an endpoint")
	}
	return s
}

// object is one Kubernetes object, as far as it is looked at.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct {
		Name        string
		Annotations map[string]string
	}
	Automount *bool `yaml:"automountServiceAccountToken"`
	Spec      struct {
		Replicas       int
		MaxUnavailable *int `yaml:"maxUnavailable"`
		Selector       yaml.Node
		Ports          []struct {
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     pod
		}
	}
}

type pod struct {
	ServiceAccount string `yaml:"serviceAccountName"`
	Grace          int    `yaml:"terminationGracePeriodSeconds"`
	Security       struct {
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
		RunAsUser    int  `yaml:"runAsUser"`
		FSGroup      int  `yaml:"fsGroup"`
		Seccomp      struct{ Type string }
	} `yaml:"securityContext"`
	Containers []struct {
		Ports []struct {
			Name          string
			ContainerPort int `yaml:"containerPort"`
		}
		Env       []variable
		Readiness probe `yaml:"readinessProbe"`
		Liveness  probe `yaml:"livenessProbe"`
		Security  struct {
			Escalation   *bool `yaml:"allowPrivilegeEscalation"`
			ReadOnly     bool  `yaml:"readOnlyRootFilesystem"`
			Capabilities struct{ Drop []string }
		} `yaml:"securityContext"`
		Mounts []struct {
			Name     string
			Path     string `yaml:"mountPath"`
			ReadOnly bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}
	Volumes []struct {
		Name   string
		Secret struct {
			Name  string `yaml:"secretName"`
			Mode  int    `yaml:"defaultMode"`
			Items []struct{ Key, Path string }
		}
	}
}

type probe struct {
	HTTP struct{ Path, Port string } `yaml:"httpGet"`
	// Period is in seconds.
	Period   int `yaml:"periodSeconds"`
	Failures int `yaml:"failureThreshold"`
}

func readObjects(t *testing.T) map[string]object {
	t.Helper()
	text, err := os.ReadFile(kubernetes)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]object{}
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var o object
		if err := dec.Decode(&o); errors.Is(err, io.EOF) {
			return objects
		} else if err != nil {
			t.Fatal(err)
		}
		if o.Metadata.Name != "parley" || o.APIVersion == "" {
			t.Errorf("%s %q of %q", o.Kind, o.Metadata.Name, o.APIVersion)
		}
		objects[o.Kind] = o
	}
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	objects := readObjects(t)
	for _, kind := range []string{"ServiceAccount", "Deployment", "Service", "PodDisruptionBudget"} {
		if _, ok := objects[kind]; !ok {
			t.Fatalf("there is no %s", kind)
		}
	}
	deployment := objects["Deployment"]
	p := deployment.Spec.Template.Spec
	container := p.Containers[0]
	s := loadSettings(t, container.Env)

	if needed := s.DrainDelay + s.Drain(); time.Duration(p.Grace)*time.Second <= needed {
		t.Errorf("a pod is killed after %d s, but it may take %s to end", p.Grace, needed)
	}
	if noticed := time.Duration(container.Readiness.Period*container.Readiness.Failures) * time.Second; noticed >= s.DrainDelay {
		t.Errorf("readiness is noticed after %s, but the pod leaves after %s", noticed, s.DrainDelay)
	}
	if container.Readiness.HTTP.Path != "/readyz" || container.Liveness.HTTP.Path != "/healthz" {
		t.Errorf("probes ask %s and %s", container.Readiness.HTTP.Path, container.Liveness.HTTP.Path)
	}
	if port := container.Ports[0]; !strings.HasSuffix(s.Addr, ":"+strconv.Itoa(port.ContainerPort)) ||
		container.Readiness.HTTP.Port != port.Name || container.Liveness.HTTP.Port != port.Name || objects["Service"].Spec.Ports[0].TargetPort != port.Name {
		t.Errorf("the server listens on %s, the container's port is %+v", s.Addr, port)
	}
	if deployment.Spec.Replicas < 2 || objects["PodDisruptionBudget"].Spec.MaxUnavailable == nil {
		t.Error("one node's end would be the end of the service")
	}
	if p.ServiceAccount != objects["ServiceAccount"].Metadata.Name || objects["ServiceAccount"].Metadata.Annotations["eks.amazonaws.com/role-arn"] == "" {
		t.Error("the pods have no role")
	}
	if !p.Security.RunAsNonRoot || p.Security.RunAsUser != 65532 || container.Security.Escalation == nil || *container.Security.Escalation ||
		!container.Security.ReadOnly || !slices.Equal(container.Security.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("the pods may do too much: %+v %+v", p.Security, container.Security)
	}
	mounted := ""
	for _, mount := range container.Mounts {
		for _, volume := range p.Volumes {
			if volume.Name == mount.Name && mount.ReadOnly && volume.Secret.Mode == 0o440 && p.Security.FSGroup == 65532 {
				mounted = mount.Path + "/" + volume.Secret.Items[0].Path
			}
		}
	}
	if s.JWTKeyFile == "" || mounted != s.JWTKeyFile {
		t.Errorf("the key is read from %s, and mounted at %q", s.JWTKeyFile, mounted)
	}
}

// task is a task definition of Amazon ECS with every member that ours has: one that is
// misspelled would be unknown.
type task struct {
	Family                  string   `json:"family"`
	RequiresCompatibilities []string `json:"requiresCompatibilities"`
	NetworkMode             string   `json:"networkMode"`
	CPU                     string   `json:"cpu"`
	Memory                  string   `json:"memory"`
	RuntimePlatform         struct {
		OperatingSystemFamily string `json:"operatingSystemFamily"`
		CPUArchitecture       string `json:"cpuArchitecture"`
	} `json:"runtimePlatform"`
	ExecutionRoleArn     string          `json:"executionRoleArn"`
	TaskRoleArn          string          `json:"taskRoleArn"`
	ContainerDefinitions []taskContainer `json:"containerDefinitions"`
}

type taskContainer struct {
	Name                   string `json:"name"`
	Image                  string `json:"image"`
	Essential              bool   `json:"essential"`
	User                   string `json:"user"`
	ReadonlyRootFilesystem bool   `json:"readonlyRootFilesystem"`
	Privileged             bool   `json:"privileged"`
	LinuxParameters        struct {
		Capabilities struct {
			Drop []string `json:"drop"`
		} `json:"capabilities"`
	} `json:"linuxParameters"`
	PortMappings []struct {
		Name          string `json:"name"`
		ContainerPort int    `json:"containerPort"`
		Protocol      string `json:"protocol"`
		AppProtocol   string `json:"appProtocol"`
	} `json:"portMappings"`
	Environment []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"environment"`
	HealthCheck struct {
		Command     []string `json:"command"`
		Interval    int      `json:"interval"`
		Timeout     int      `json:"timeout"`
		Retries     int      `json:"retries"`
		StartPeriod int      `json:"startPeriod"`
	} `json:"healthCheck"`
	StopTimeout      int `json:"stopTimeout"`
	LogConfiguration struct {
		LogDriver string            `json:"logDriver"`
		Options   map[string]string `json:"options"`
	} `json:"logConfiguration"`
}

func readTask(t *testing.T) task {
	t.Helper()
	text, err := os.ReadFile(ecsTask)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var definition task
	if err := dec.Decode(&definition); err != nil {
		t.Fatal(err)
	}
	// The decoder does not mind the case of names, but ECS does.
	again, err := json.Marshal(definition)
	if err != nil {
		t.Fatal(err)
	}
	var read, written any
	if err := errors.Join(json.Unmarshal(text, &read), json.Unmarshal(again, &written)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written, read); diff != "" {
		t.Errorf("members of the task (-known +there):\n%s", diff)
	}
	return definition
}

func (c taskContainer) env() []variable {
	var env []variable
	for _, v := range c.Environment {
		env = append(env, variable{v.Name, v.Value})
	}
	return env
}

func TestECSTask(t *testing.T) {
	t.Parallel()
	definition := readTask(t)
	container := definition.ContainerDefinitions[0]
	s := loadSettings(t, container.env())
	const mostStop = 120 // Fargate's limit, in seconds
	if needed := s.DrainDelay + s.Drain(); time.Duration(container.StopTimeout)*time.Second <= needed || container.StopTimeout > mostStop {
		t.Errorf("a task is killed after %d s, but it may take %s to end", container.StopTimeout, needed)
	}
	if unhealthy := time.Duration(container.HealthCheck.Interval*container.HealthCheck.Retries) * time.Second; unhealthy <= s.DrainDelay+s.Drain() {
		t.Errorf("a task that drains would be called unhealthy after %s", unhealthy)
	}
	if container.User != "65532:65532" || !container.ReadonlyRootFilesystem || container.Privileged ||
		!slices.Equal(container.LinuxParameters.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("the container may do too much: %+v", container)
	}
	if definition.NetworkMode != "awsvpc" || !slices.Equal(definition.RequiresCompatibilities, []string{"FARGATE"}) ||
		definition.TaskRoleArn == "" || definition.ExecutionRoleArn == "" || definition.TaskRoleArn == definition.ExecutionRoleArn {
		t.Errorf("not a task for Fargate with roles of its own: %+v", definition)
	}
	if port := container.PortMappings[0].ContainerPort; !strings.HasSuffix(s.Addr, ":"+strconv.Itoa(port)) {
		t.Errorf("the server listens on %s, the container's port is %d", s.Addr, port)
	}
	if s.JWTKeyARN == "" {
		t.Error("the key of the tokens has no place")
	}
}
