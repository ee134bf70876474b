#!/bin/sh
# Makes the certificates beside it, for the tests of downloads: an authority, and a proxy that it lets pass for any of MNIST's
# mirrors. Nobody trusts the authority but these tests, so its key is thrown away and the proxy's may be public.
set -eu
names="DNS:storage.googleapis.com,DNS:ossci-datasets.s3.amazonaws.com,DNS:raw.githubusercontent.com,DNS:systemds.apache.org"
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $key -keyout authority.key -out authority.pem -days 36500 -subj "/CN=lenet test authority" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign"
openssl req $key -keyout proxy.key -out proxy.csr -subj "/CN=lenet test proxy"
printf "subjectAltName=%s\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n" "$names" > proxy.ext
openssl x509 -req -in proxy.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 36500 -extfile proxy.ext \
    -out proxy.pem
rm -f authority.key authority.srl proxy.csr proxy.ext
