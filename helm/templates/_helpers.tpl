{{- define "sandpit.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "sandpit.labels" -}}
app.kubernetes.io/name: sandpit
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- /* Nothing runs as root, nothing writes to its image. */ -}}
{{- define "sandpit.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "sandpit.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "sandpit.environment" -}}
- { name: SANDPIT_ENV, value: production }
- { name: SANDPIT_NAMESPACE, value: {{ .Release.Name | quote }} }
- name: SANDPIT_NODE_ID
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- { name: SANDPIT_REPLICAS, value: {{ .Values.nats.replicas | quote }} }
- { name: NATS_URL, value: {{ .Values.nats.url | quote }} }
- { name: NATS_MOL_CREDS, value: /run/nats/mol.creds }
- name: DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.databaseSecret }}, key: url } }
- name: REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.redisSecret }}, key: url } }
- { name: LOG_LEVEL, value: {{ .Values.logLevel | quote }} }
- { name: METRICS_HOST, value: 0.0.0.0 }
- { name: METRICS_PORT, value: "9464" }
{{- end }}
