# onetun compiled ahead of time, with the C library and OpenSSL as the only other files. It needs no directory that can be
# written, no capability, and no user but the one it is given.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0
FROM $SDK AS build
LABEL stage=onetun-build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc libc6-dev libssl3 zlib1g-dev
WORKDIR /src
COPY . .
# The commit that the program names itself by: --build-arg REVISION=$(git rev-parse HEAD)
ARG REVISION=
RUN dotnet publish src/Forwarder --configuration Release --use-current-runtime --output /publish \
      -p:PublishAot=true -p:RunAnalyzers=false -p:ContinuousIntegrationBuild=true -p:SourceRevisionId=$REVISION
# OpenSSL encrypts packets faster than libsodium does.
RUN mkdir /image && cp /publish/onetun /usr/bin/onetun \
 && ldd /usr/bin/onetun $(ldconfig -p | grep -oE '/[^ ]*/libcrypto\.so\.3$') \
      | grep -oE '/[^ :]*\.so[^ :]*' | sort -u | xargs cp --dereference --parents --target-directory=/image \
 && cp --parents --target-directory=/image /usr/bin/onetun

FROM scratch
COPY --from=build /image /
COPY LICENSE THIRD-PARTY-NOTICES.md /usr/share/doc/onetun/
# Where the sockets of "onetun status" are. Docker and Kubernetes have it in memory, and writable even if nothing else is.
ENV XDG_RUNTIME_DIR=/dev/shm
USER 1000:1000
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s CMD ["/usr/bin/onetun", "status", "--ready"]
ENTRYPOINT ["/usr/bin/onetun"]
