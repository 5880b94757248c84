# A PostgreSQL of our own for the tests: installed from Debian's packages where it is missing,
# started on a private port in a folder of its own, stopped and removed when the shell ends.
# Source it, then call start_postgres; it sets FAULTPRINT_POSTGRES_URL.
# A server that is given in FAULTPRINT_POSTGRES_URL is used as it is.

PG_PLACE=""
PG_BIN=""

find_postgres() {
  local place
  for place in /usr/lib/postgresql/*/bin "$(dirname "$(command -v pg_ctl || echo /none/x)")"; do
    if [ -x "$place/initdb" ] && [ -x "$place/pg_ctl" ] && [ -x "$place/postgres" ]; then
      PG_BIN="$place"
      return 0
    fi
  done
  return 1
}

install_postgres() {
  local as=""
  command -v apt-get > /dev/null || { echo "no apt-get to install it with"; return 1; }
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2> /dev/null || { echo "neither root nor sudo without a password"; return 1; }
    as="sudo -n"
  fi
  export DEBIAN_FRONTEND=noninteractive
  # The package lists of a fresh machine are empty or old; one that cannot be read may not matter.
  $as apt-get update -qq > /dev/null || true
  $as apt-get install -y -qq --no-install-recommends postgresql > /dev/null
}

# The server refuses to run as root.
as_server() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

stop_postgres() {
  [ -n "$PG_PLACE" ] || return 0
  (cd / && as_server "$PG_BIN/pg_ctl" -D "$PG_PLACE/data" -m immediate -w stop > /dev/null 2>&1) || true
  rm -rf "$PG_PLACE"
  PG_PLACE=""
}

start_postgres() {
  if [ -n "${FAULTPRINT_POSTGRES_URL:-}" ]; then
    echo "PostgreSQL: the one given"
    return 0
  fi
  if ! find_postgres; then
    echo "PostgreSQL: not here; installing it"
    install_postgres && find_postgres || {
      echo "got no PostgreSQL; expected Debian's package postgresql, or a server in" \
        "FAULTPRINT_POSTGRES_URL; install one of them: the suite of the signature database runs on both"
      return 1
    }
  fi
  PG_PLACE="$(mktemp -d /tmp/faultprint-postgres.XXXXXX)"
  trap stop_postgres EXIT
  if [ "$(id -u)" = 0 ]; then chown postgres "$PG_PLACE"; fi
  local port
  port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
  (
    cd /
    as_server "$PG_BIN/initdb" -D "$PG_PLACE/data" -U postgres --auth=trust -E UTF8 \
      --locale=C.UTF-8 --no-sync > "$PG_PLACE.log"
    echo "CREATE DATABASE faultprint_test" \
      | as_server "$PG_BIN/postgres" --single -D "$PG_PLACE/data" postgres >> "$PG_PLACE.log" 2>&1
    # Of a server that is thrown away, nothing must survive a power failure.
    as_server "$PG_BIN/pg_ctl" -D "$PG_PLACE/data" -l "$PG_PLACE/log" -w -t 30 \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$PG_PLACE -c fsync=off" \
      start >> "$PG_PLACE.log"
  ) || { cat "$PG_PLACE.log"; rm -f "$PG_PLACE.log"; return 1; }
  rm -f "$PG_PLACE.log"
  export FAULTPRINT_POSTGRES_URL="postgresql://postgres@127.0.0.1:$port/faultprint_test"
  echo "PostgreSQL: $(as_server "$PG_BIN/postgres" --version) on port $port"
}
