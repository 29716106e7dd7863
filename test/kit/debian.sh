# Sourced by scripts that install Debian packages. A list of theirs is lines of: package | a file it brings (pattern) | what
# uses it. Nothing is installed when every file is there, so a machine may have them from elsewhere.

die() { echo "${0#"$PWD/"}: $*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif ! command -v sudo >/dev/null; then die "installing packages needs root or sudo (or run with --no-install)"
  elif [ -t 0 ]; then sudo "$@"
  else sudo -n "$@"
  fi
}

missing_packages() { # list
  local package pattern purpose
  while IFS='|' read -r package pattern purpose; do
    [ -z "$package" ] || compgen -G "$pattern" >/dev/null || echo "$package"
  done <<<"$1"
}

# Debian starts a server as soon as it is installed, unless a policy forbids it; tests and bench start their own.
policy=/usr/sbin/policy-rc.d
forbid_services() { [ -e "$policy" ] || as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && touch $policy.portillon"; }
allow_services() { [ ! -e "$policy.portillon" ] || as_root rm -f "$policy" "$policy.portillon"; }

install_packages() { # list
  local missing
  missing=$(missing_packages "$1")
  [ -n "$missing" ] || return 0
  echo "installing: ${missing//$'\n'/ }"
  command -v apt-get >/dev/null || die "missing on this machine, which has no apt-get: ${missing//$'\n'/ }"
  trap allow_services EXIT
  forbid_services
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
  as_root "${apt[@]}" update || die "apt-get update failed; see the lines above"
  # shellcheck disable=SC2086 # one word a package
  as_root "${apt[@]}" install -y --no-install-recommends $missing </dev/null >/dev/null ||
    die "apt-get could not install ${missing//$'\n'/ }; see the lines above"
  allow_services
  trap - EXIT
  missing=$(missing_packages "$1")
  [ -z "$missing" ] || die "installed, but its files are not where they are looked for: ${missing//$'\n'/ }"
}
