# One connection, one request: standard input and output are the client's socket.
# The request is read to its empty line first; closing with unread bytes would reset the connection.
read -r -t 10 request || exit 0
while read -r -t 10 header && [ "${header%?}" ]; do :; done
echo "${request%?}" >&2
name=$(hostname)
printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n' \
  $((${#name} + 1)) "$name"
