{{- define "onetun.labels" -}}
app.kubernetes.io/name: onetun
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
