extension BrokenConfiguration {
  /// JSON that is none.
  static let syntax = cases(
    .whole,
    #"""
    {
    → g:1:2: error: the text ends before its value is complete
    []
    → g:1:1: error: the configuration is an object, found a list
    {"listen": ["127.0.0.1:80"] "routes": []}
    → g:1:29: error: expected ',' or '}' after a member
    {
      "listen": [,]
    }
    → g:2:14: error: expected a value
    {"listen": ['127.0.0.1:80']}
    → g:1:13: error: expected a value; a string stands in double quotes
    {"listen": ["127.0.0.1:80],
     "routes": []}
    → g:1:28: error: a control character in a string must be escaped: the string has no closing '"' on this line
    /* open
    → g:1:1: error: the comment has no closing '*/'
    {"listen": ["a:1"], // c
     "é": 1,
      "x" 2}
    → g:3:7: error: expected ':' after a member name
    {"a": tru}
    → g:1:7: error: expected a value; the only words are true, false and null
    {"a": 01}
    → g:1:7: error: a number has no leading zeros
    {"a": "\q"}
    → g:1:8: error: not an escape that JSON has
    {}
    → g:1:1: error: 'listen' is missing: say where to listen, such as ["127.0.0.1:8080"]
    → g:1:1: error: 'routes' is missing: without one every request is answered 404
    {"listen": ["127.0.0.1:8080"], "listen": []}
    → g:1:1: error: 'routes' is missing: without one every request is answered 404
    → g:1:32: error: 'listen' stands here a second time
    {'listen': 1}
    → g:1:2: error: expected a member name in double quotes
    """#)

  /// Keys that do not stand where they belong.
  static let keys = cases(
    .top,
    #"""
    "lisen": []
    → g:2:1: error: unknown key 'lisen' in the configuration; did you mean 'listen'?
    "Drain-Timeout": "1s"
    → g:2:1: error: unknown key 'Drain-Timeout' in the configuration; did you mean 'drain_timeout'?
    "acounts": {}
    → g:2:1: error: unknown key 'acounts' in the configuration; did you mean 'accounts'?
    "registration": "open"
    → g:2:1: error: unknown key 'registration' in the configuration; it belongs in 'accounts'
    "leeway": "1s"
    → g:2:1: error: unknown key 'leeway' in the configuration; it belongs in 'auth' or an entry of 'auth.issuers'
    "servers": []
    → g:2:1: error: unknown key 'servers' in the configuration; it belongs in an entry of 'upstreams'
    "zebra": 1
    → g:2:1: error: unknown key 'zebra' in the configuration
    "limits": {"max_bdy": "1MiB", "heads": "1KiB"}
    → g:2:12: error: unknown key 'max_bdy' in 'limits'; did you mean 'max_body'?
    → g:2:31: error: unknown key 'heads' in 'limits'; did you mean 'head'?
    "log": {"acess": "off", "format": "xml", "level": "warn"}
    → g:2:9: error: unknown key 'acess' in 'log'; did you mean 'access'?
    → g:2:35: error: expected "json" or "combined", found "xml"
    → g:2:51: error: expected "debug", "info", "warning" or "error", found "warn"
    "auth": [], "limits": 3, "log": "off", "cors": true
    → g:2:9: error: 'auth' is an object, found a list: write {"reject_status": …}
    → g:2:23: error: 'limits' is an object, found a number: write {"head": …}
    → g:2:33: error: 'log' is an object, found a string: write {"access": "off"}
    → g:2:48: error: 'cors' is an object, found true: write {"origins": …}
    """#)

  /// Values that are out of form.
  static let values = cases(
    .top,
    #"""
    "drain_timeout": 30
    → g:2:18: error: a duration is a string with a unit, such as "30s", found a number
    "drain_timeout": "30"
    → g:2:18: error: "30" has no unit; the units of durations are ms, s, m, h and d
    "drain_timeout": "30 s"
    → g:2:18: error: "30 s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s"
    "drain_timeout": "30sec"
    → g:2:18: error: "30sec" has the unknown unit 'sec'; the units of durations are ms, s, m, h and d
    "drain_timeout": "s"
    → g:2:18: error: "s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s"
    "drain_timeout": "-1s"
    → g:2:18: error: "-1s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s"
    "drain_timeout": "1.5s"
    → g:2:18: error: "1.5s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s"
    "drain_timeout": "99999999999999999999s"
    → g:2:18: error: "99999999999999999999s" is out of range: expected a duration from 0s to 3650d
    "drain_timeout": "9223372036854775807d"
    → g:2:18: error: "9223372036854775807d" is out of range: expected a duration from 0s to 3650d
    "drain_timeout": ""
    → g:2:18: error: "" is not a duration: write a whole number and ms, s, m, h or d, such as "30s"
    "limits": {"head": 32768}
    → g:2:20: error: a size is a string with a unit, such as "16KiB", found a number
    "limits": {"token": "1000B"}
    → g:2:21: error: "1000B" is out of range: expected a size from 1KiB to 64KiB
    "limits": {"head": "32"}
    → g:2:20: error: "32" has no unit; the units of sizes are B, KB, MB, GB, KiB, MiB and GiB
    "limits": {"head": "32kb"}
    → g:2:20: error: "32kb" has the unknown unit 'kb'; the units of sizes are B, KB, MB, GB, KiB, MiB and GiB
    "limits": {"head": "1B"}
    → g:2:20: error: "1B" is out of range: expected a size from 1KiB to 1MiB
    "limits": {"head": "9223372036854775807GiB"}
    → g:2:20: error: "9223372036854775807GiB" is out of range: expected a size from 1KiB to 1MiB
    "limits": {"max_body": "big"}
    → g:2:24: error: "big" is not a size: write a whole number and B, KiB, MiB or GiB, such as "16KiB"
    "limits": {"max_body": "2097152GiB"}
    → g:2:24: error: "2097152GiB" is out of range: expected a size from 0B to 1048576GiB
    "limits": {"fields": "100"}
    → g:2:22: error: expected a number, found a string: write 100 without quotes
    "limits": {"fields": 0}
    → g:2:22: error: expected a whole number from 1 to 10000
    "limits": {"fields": 1.5}
    → g:2:22: error: expected a whole number from 1 to 10000
    "limits": {"connections_per_address": null}
    → g:2:39: error: expected a number, found null
    "limits": {"head_timeout": "0s"}
    → g:2:28: error: "0s" is out of range: expected a duration from 1ms to 3650d
    "limits": {"body_rate": 240}
    → g:2:25: error: a size is a string with a unit, such as "16KiB", found a number
    "workers": "all"
    → g:2:12: error: expected "auto" or a number of workers, found a string
    "workers": 0
    → g:2:12: error: expected a whole number from 1 to 1024
    "workers": -1
    → g:2:12: error: expected a whole number from 1 to 1024
    "workers": true
    → g:2:12: error: expected "auto" or a number of workers, found true
    "pid_file": ""
    → g:2:13: error: expected a string that is not empty
    "pid_file": 7
    → g:2:13: error: expected a string, found a number
    "$schema": 1
    → g:2:12: error: expected a string, found a number
    "trusted_proxies": ["10.0.0.1/8", "10.0.0.0/33", "host", 4]
    → g:2:21: error: "10.0.0.1/8" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8"
    → g:2:35: error: "10.0.0.0/33" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8"
    → g:2:50: error: "host" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8"
    → g:2:58: error: expected a string, found a number
    """#)

  /// Variables that are not there.
  static let environment = cases(
    .top,
    #"""
    "pid_file": "${UNSET}"
    → g:2:13: error: the environment variable 'UNSET' is not set
    "pid_file": "${}"
    → g:2:13: error: '${}' names no environment variable; write '$${' for the characters themselves
    "pid_file": "${PID:-p}"
    → g:2:13: error: '${PID:-p}' names no environment variable (there is no way to give a default); write '$${' for the characters themselves
    "pid_file": "${A"
    → g:2:13: error: '${' without '}'; write '$${' for the characters themselves
    "pid_file": "${1A}"
    → g:2:13: error: '${1A}' names no environment variable; write '$${' for the characters themselves
    "pid_file": "/run/${A}/${UNSET}/${ALSO}"
    → g:2:13: error: the environment variable 'UNSET' is not set
    → g:2:13: error: the environment variable 'ALSO' is not set
    "log": {"access": "${B AD}"}
    → g:2:19: error: '${B AD}' names no environment variable; write '$${' for the characters themselves
    """#)

  /// Listeners.
  static let listen = cases(
    .whole,
    #"""
    {"listen": [], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:12: error: expected a list with at least one entry
    {"listen": "127.0.0.1:8080", "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:12: error: expected a list, found a string: write ["127.0.0.1:8080"]
    {"listen": ["8080"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "8080" is not an address: the host is missing; it is 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, [::] for IPv6
    {"listen": [":8080"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: ":8080" is not an address: the host is missing; it is 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, [::] for IPv6
    {"listen": ["*:8080"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "*:8080" is not an address: the host is missing; it is 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, [::] for IPv6
    {"listen": ["127.0.0.1"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "127.0.0.1" is not an address: the port is missing, as in 127.0.0.1:8080
    {"listen": ["::1:8080"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "::1:8080" is not an address: an IPv6 address stands in brackets, as in [::1]:8080
    {"listen": ["[::1]"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "[::1]" is not an address: the port is missing, as in [::1]:8080
    {"listen": ["[::g]:1"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "[::g]:1" is not an address: brackets are for IPv6 addresses
    {"listen": ["127.0.0.1:65536"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "127.0.0.1:65536" is not an address: a port is a number from 0 to 65535
    {"listen": ["127.0.0.1:http"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "127.0.0.1:http" is not an address: a port is a number from 0 to 65535
    {"listen": ["127.1:80"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "127.1:80" is not an address: '127.1' is no host name
    {"listen": ["$HOST:80"], "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "$HOST:80" is not an address: '$HOST' is no host name; an environment variable is written ${NAME}
    {"listen": ["http://a:80"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "http://a:80" is not an address: write host:port, [v6]:port or unix:/path.sock, without a scheme
    {"listen": ["unix:"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "unix:" is not an address: 'unix:' needs a path behind it
    {"listen": [8080], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: an address is a string, such as "127.0.0.1:8080", found a number
    {"listen": [{}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: 'address' is missing
    {"listen": [{"adress": "a:1"}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: 'address' is missing
    → g:1:14: error: unknown key 'adress' in a listener; did you mean 'address'?
    {"listen": [{"address": "unix:a", "mode": 660}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:43: error: the mode of a file is a string of octal digits, such as "0660"
    {"listen": [{"address": "unix:a", "mode": "0o660"}, {"address": "unix:b", "mode": "4755", "group": ""}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:43: error: the mode of a file is a string of octal digits, such as "0660"
    → g:1:83: error: the mode of a file is a string of octal digits, such as "0660"
    → g:1:100: error: expected a string that is not empty
    {"listen": [{"address": "a:1", "mode": "0660", "group": "www-data"}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:32: error: 'mode' is for Unix sockets, such as "unix:/run/portcullis/gateway.sock"
    → g:1:48: error: 'group' is for Unix sockets, such as "unix:/run/portcullis/gateway.sock"
    {"listen": ["127.0.0.1:80", "127.0.0.1:80"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:29: error: '127.0.0.1:80' is listened on already, at line 1, column 13
    {"listen": ["[::1]:80", "[0:0::1]:80"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:25: error: '[::1]:80' is listened on already, at line 1, column 13
    {"listen": ["a_b-.c:1"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "a_b-.c:1" is not an address: 'a_b-.c' is no host name
    """#)

  /// Missing keys, and errors in several places at once.
  static let together = cases(
    .whole,
    #"""
    {"listen": ["127.0.0.1:80"]}
    → g:1:1: error: 'routes' is missing: without one every request is answered 404
    {"listen": ["127.0.0.1:80"], "routes": []}
    → g:1:40: error: expected a list with at least one entry
    {"listen": ["127.0.0.1:80"], "routes": [
     {"exact": "/", "respond": {"status": 200}},
     {"exact": "/a", "auth": "report", "respond": {"status": 200}}]}
    → g:2:2: error: this route looks at tokens ("auth": "required"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or 'accounts', or say "auth": "none" if everybody may pass
    → g:3:2: error: this route looks at tokens ("auth": "report"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or 'accounts', or say "auth": "none" if everybody may pass
    {"listen": ["127.0.0.1:80"], "auth": {"issuers": []}, "routes": [{"exact": "/", "respond": {"status": 200}}]}
    → g:1:66: error: this route looks at tokens ("auth": "required"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or 'accounts', or say "auth": "none" if everybody may pass
    {"listen": ["nope"], "wrkers": 1,
     "routes": [{"path": "/a", "upstream": "u"}],
     "upstreams": {"u": {"servers": ["127.0.0.1"]}, "w": {"servers": ["a:1"]}}}
    → g:1:13: error: "nope" is not an address: the port is missing, as in 127.0.0.1:8080
    → g:1:22: error: unknown key 'wrkers' in the configuration; did you mean 'workers'?
    → g:2:13: error: this route looks at tokens ("auth": "required"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or 'accounts', or say "auth": "none" if everybody may pass
    → g:3:34: error: "127.0.0.1" is not an address: the port is missing, as in 127.0.0.1:8080
    → g:3:49: warning: no route leads to the upstream 'w'
    """#)

  /// Warnings.
  static let warnings = cases(
    .whole,
    #"""
    {"listen": ["127.0.0.1:80"], "upstreams": {"u": {"servers": ["a:1"]}}, "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:44: warning: no route leads to the upstream 'u'
    {"listen": ["127.0.0.1:80"], "auth": {"identity_headers": {"X-User": "sub"}, "issuers": [{"issuer": "i", "audience": "any", "secret_file": "s"}, {"issuer": "j", "audience": "any", "secret_file": "s"}]}, "routes": [{"exact": "/", "respond": {"status": 200}}]}
    → g:1:39: warning: upstreams are told 'sub' without 'iss': users of different issuers with the same name look alike
    """#)
}
