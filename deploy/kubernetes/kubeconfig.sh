#!/bin/sh
# Gives a portal outside this cluster access, and prints the kubeconfig that staff enter on the page of the cluster:
#
#     deploy/kubernetes/kubeconfig.sh > hubportal.kubeconfig                 --context NAME uses another kubectl context
#     deploy/kubernetes/kubeconfig.sh --end-others > hubportal.kubeconfig    also revokes all older tokens
#
# It applies account.yaml, rbac.yaml and admission.yaml with kubectl's credentials, which must be an administrator's. The
# token does not expire: it is stored in a Secret of the cluster and is valid until that is deleted. SERVER=https://...
# replaces the API server's address, if the portal reaches it by another one than you.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
context="" end=""
while [ $# -gt 0 ]; do
    case $1 in
        --context) context=$2; shift 2 ;;
        --end-others) end=yes; shift ;;
        *) echo "usage: $0 [--context NAME] [--end-others]" >&2; exit 2 ;;
    esac
done
k() { kubectl ${context:+"--context=$context"} "$@"; }

for file in account rbac admission; do k apply -f "$here/$file.yaml" >&2; done

# A new name each time: a Secret that is created again with the same name contains the same token.
name=hubportal-token-$(date +%Y%m%d-%H%M%S)-$$
k create -f - >&2 <<END
apiVersion: v1
kind: Secret
metadata:
  name: $name
  namespace: hubportal
  labels: {app.kubernetes.io/name: hubportal, app.kubernetes.io/component: token}
  annotations: {kubernetes.io/service-account.name: hubportal}
type: kubernetes.io/service-account-token
END
secret() { k get secret "$name" --namespace hubportal -o "jsonpath={.data['$1']}"; }
tries=0
until token=$(secret token) && [ -n "$token" ]; do
    tries=$((tries + 1))
    [ $tries -lt 30 ] || { echo "The cluster did not create a token for Secret $name." >&2; exit 1; }
    sleep 1
done
if [ -n "$end" ]; then
    k delete secret --namespace hubportal -l app.kubernetes.io/component=token --field-selector "metadata.name!=$name" >&2
fi

view() { k config view --minify --raw -o "jsonpath={.clusters[0].cluster.$1}"; }
server=${SERVER:-$(view server)}
ca=$(view certificate-authority-data)
[ -n "$ca" ] || ca=$(secret 'ca\.crt')
cat <<END
apiVersion: v1
kind: Config
current-context: hubportal
clusters:
  - name: hubportal
    cluster:
      server: $server
      certificate-authority-data: $ca
users:
  - name: hubportal
    user:
      token: $(printf %s "$token" | base64 -d)
contexts:
  - name: hubportal
    context:
      cluster: hubportal
      user: hubportal
END
