# shellcheck shell=bash
# What the commands of this folder share: finding Java and installing tools. Sourced, not run.

JAVA_MIN=17

say() {
  printf '%s\n' "$*" >&2
}

die() {
  say "${0##*/}: $*"
  exit 1
}

# read_feature HOME: sets java_feature to the feature version (17) of the Java in this folder; fails if there is
# none. Reads in the shell itself: the node's start waits for it.
read_feature() {
  local line
  java_feature=
  [[ -x $1/bin/java ]] || return 1
  if [[ -r $1/release ]]; then
    while IFS= read -r line || [[ -n $line ]]; do
      if [[ $line =~ ^JAVA_VERSION=\"([0-9]+) ]]; then
        java_feature=${BASH_REMATCH[1]}
        return 0
      fi
    done <"$1/release"
  else
    java_feature=$("$1/bin/java" -version 2>&1 | sed -n '1s/.*"\([0-9]*\).*/\1/p')
  fi
  [[ -n $java_feature ]]
}

# find_java [jdk]: sets JAVA_HOME to a Java that is new enough (with "jdk": one that compiles), and java_feature.
find_java() {
  local candidate on_path
  on_path=$(command -v java || true)
  if [[ -n $on_path ]]; then
    on_path=$(readlink -f "$on_path")
    on_path=${on_path%/bin/java}
  fi
  for candidate in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* /opt/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [[ -n $candidate ]] || continue
    [[ ${1:-} != jdk || -x $candidate/bin/javac ]] || continue
    read_feature "$candidate" || continue
    if ((java_feature >= JAVA_MIN)); then
      export JAVA_HOME=$candidate
      return 0
    fi
  done
  return 1
}

# first_package NAME...: prints the first of these that this system offers.
first_package() {
  local name
  for name in "$@"; do
    if [[ $(apt-cache policy "$name" 2>/dev/null | sed -n 's/^  Candidate: //p') =~ ^[0-9] ]]; then
      printf '%s\n' "$name"
      return 0
    fi
  done
  return 1
}

has_libssl() {
  compgen -G '/usr/lib/*/libssl.so.3' >/dev/null || compgen -G '/usr/lib*/libssl.so.3' >/dev/null
}

find_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

# ensure TOOL...: installs what is missing of jdk, maven, libssl, node, chromium (Debian and its kin, as root);
# otherwise says exactly what is missing and ends.
ensure() {
  local tool missing=()
  for tool in "$@"; do
    case $tool in
      jdk) find_java jdk || missing+=("jdk") ;;
      maven) command -v mvn >/dev/null || missing+=("maven") ;;
      libssl) [[ $(uname -s) != Linux ]] || has_libssl || missing+=("libssl") ;;
      node) { command -v node && command -v npm; } >/dev/null || missing+=("node") ;;
      chromium) find_chromium >/dev/null || missing+=("chromium") ;;
      *) die "unknown tool $tool" ;;
    esac
  done
  ((${#missing[@]})) || return 0
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    say "Missing here:"
    for tool in "${missing[@]}"; do
      case $tool in
        jdk) say "  a JDK, version $JAVA_MIN or newer   (Debian: openjdk-17-jdk-headless)" ;;
        maven) say "  Maven, version 3.8 or newer  (Debian: maven)" ;;
        libssl) say "  libssl.so.3, for the Redis that comes with us  (Debian: libssl3)" ;;
        node) say "  Node.js and npm  (Debian: nodejs npm)" ;;
        chromium) say "  Chromium, for the tests in a browser  (Debian: chromium)" ;;
      esac
    done
    die "install these, or run this as root on Debian or Ubuntu"
  fi
  install_packages "${missing[@]}"
}

install_packages() {
  local tool name names=() log
  log=$(mktemp)
  say "Installing: $* (takes a minute)"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >"$log" 2>&1 || say "  apt-get update failed, trying with what is known"
  for tool in "$@"; do
    case $tool in
      jdk) name=$(first_package openjdk-17-jdk-headless openjdk-21-jdk-headless default-jdk-headless) ;;
      libssl) name=$(first_package libssl3 libssl3t64) ;;
      node) # one without the other: Node.js of another source brings an npm of its own, or conflicts with Debian's
        name=""
        command -v node >/dev/null || name="nodejs"
        command -v npm >/dev/null || name="$name npm"
        ;;
      chromium) name=$(first_package chromium chromium-browser) ;;
      *) name=$tool ;;
    esac || die "this system has no package for $tool"
    # shellcheck disable=SC2206 # two names for node
    names+=($name)
  done
  if ! apt-get install -y -qq --no-install-recommends "${names[@]}" >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "could not install ${names[*]}"
  fi
  rm -f "$log"
  hash -r
  for tool in "$@"; do
    [[ $tool != jdk ]] || find_java jdk || die "the JDK was installed but is not found"
  done
}
