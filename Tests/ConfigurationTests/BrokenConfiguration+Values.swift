extension BrokenConfiguration {
  /// JSON that is none.
  static let syntax: [BrokenConfiguration] = [
    BrokenConfiguration(
      .whole, #""#,
      says: [
        #"g:1:1: error: the text ends before its value is complete"#
      ]),
    BrokenConfiguration(
      .whole, #"{"#,
      says: [
        #"g:1:2: error: the text ends before its value is complete"#
      ]),
    BrokenConfiguration(
      .whole, #"[]"#,
      says: [
        #"g:1:1: error: the configuration is an object, found a list"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["127.0.0.1:80"] "routes": []}"#,
      says: [
        #"g:1:29: error: expected ',' or '}' after a member"#
      ]),
    BrokenConfiguration(
      .whole,
      #"""
      {
        "listen": [,]
      }
      """#,
      says: [
        #"g:2:14: error: expected a value"#
      ]),
    BrokenConfiguration(
      .whole, #"/* open"#,
      says: [
        #"g:1:1: error: the comment has no closing '*/'"#
      ]),
    BrokenConfiguration(
      .whole,
      #"""
      {"listen": ["a:1"], // c
       "é": 1,
        "x" 2}
      """#,
      says: [
        #"g:3:7: error: expected ':' after a member name"#
      ]),
    BrokenConfiguration(
      .whole, #"{"a": tru}"#,
      says: [
        #"g:1:7: error: expected a value; the only words are true, false and null"#
      ]),
    BrokenConfiguration(
      .whole, #"{"a": 01}"#,
      says: [
        #"g:1:7: error: a number has no leading zeros"#
      ]),
    BrokenConfiguration(
      .whole, #"{"a": "\q"}"#,
      says: [
        #"g:1:8: error: not an escape that JSON has"#
      ]),
    BrokenConfiguration(
      .whole, #"{}"#,
      says: [
        #"g:1:1: error: 'listen' is missing: say where to listen, such as ["127.0.0.1:8080"]"#,
        #"g:1:1: error: 'routes' is missing: without one every request is answered 404"#,
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["127.0.0.1:8080"], "listen": []}"#,
      says: [
        #"g:1:1: error: 'routes' is missing: without one every request is answered 404"#,
        #"g:1:32: error: 'listen' stands here a second time"#,
      ]),
    BrokenConfiguration(
      .whole, #"{'listen': 1}"#,
      says: [
        #"g:1:2: error: expected a member name in double quotes"#
      ]),
  ]

  /// Keys that do not stand where they belong.
  static let keys: [BrokenConfiguration] = [
    BrokenConfiguration(
      .top, #""lisen": []"#,
      says: [
        #"g:2:1: error: unknown key 'lisen' in the configuration; did you mean 'listen'?"#
      ]),
    BrokenConfiguration(
      .top, #""Drain-Timeout": "1s""#,
      says: [
        #"g:2:1: error: unknown key 'Drain-Timeout' in the configuration; did you mean 'drain_timeout'?"#
      ]),
    BrokenConfiguration(
      .top, #""accounts": {}"#,
      says: [
        #"g:2:1: error: 'accounts' is not supported yet by this version"#
      ]),
    BrokenConfiguration(
      .top, #""admin": {"listen": "127.0.0.1:9090"}"#,
      says: [
        #"g:2:1: error: 'admin' is not supported yet by this version"#
      ]),
    BrokenConfiguration(
      .top, #""leeway": "1s""#,
      says: [
        #"g:2:1: error: unknown key 'leeway' in the configuration; it belongs in 'auth' or an entry of 'auth.issuers'"#
      ]),
    BrokenConfiguration(
      .top, #""servers": []"#,
      says: [
        #"g:2:1: error: unknown key 'servers' in the configuration; it belongs in an entry of 'upstreams'"#
      ]),
    BrokenConfiguration(
      .top, #""zebra": 1"#,
      says: [
        #"g:2:1: error: unknown key 'zebra' in the configuration"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"max_bdy": "1MiB", "heads": "1KiB"}"#,
      says: [
        #"g:2:12: error: unknown key 'max_bdy' in 'limits'; did you mean 'max_body'?"#,
        #"g:2:31: error: unknown key 'heads' in 'limits'; did you mean 'head'?"#,
      ]),
    BrokenConfiguration(
      .top, #""log": {"acess": "off", "format": "xml", "level": "warn"}"#,
      says: [
        #"g:2:9: error: unknown key 'acess' in 'log'; did you mean 'access'?"#,
        #"g:2:35: error: expected "json" or "combined", found "xml""#,
        #"g:2:51: error: expected "debug", "info", "warning" or "error", found "warn""#,
      ]),
    BrokenConfiguration(
      .top, #""auth": {"jwks_cooldown": "1s", "identity_assertion": {}}"#,
      says: [
        #"g:2:10: error: 'jwks_cooldown' is not supported yet by this version"#,
        #"g:2:33: error: 'identity_assertion' is not supported yet by this version"#,
      ]),
    BrokenConfiguration(
      .top, #""auth": [], "limits": 3, "log": "off", "cors": true"#,
      says: [
        #"g:2:9: error: 'auth' is an object, found a list"#,
        #"g:2:23: error: 'limits' is an object, found a number"#,
        #"g:2:33: error: 'log' is an object, found a string"#,
        #"g:2:48: error: 'cors' is an object, found true"#,
      ]),
  ]

  /// Values that are out of form.
  static let values: [BrokenConfiguration] = [
    BrokenConfiguration(
      .top, #""drain_timeout": 30"#,
      says: [
        #"g:2:18: error: a duration is a string with a unit, such as "30s", found a number"#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": "30""#,
      says: [
        #"g:2:18: error: "30" has no unit; the units of durations are ms, s, m, h and d"#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": "30 s""#,
      says: [
        #"g:2:18: error: "30 s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s""#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": "30sec""#,
      says: [
        #"g:2:18: error: "30sec" has the unknown unit 'sec'; the units of durations are ms, s, m, h and d"#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": "s""#,
      says: [
        #"g:2:18: error: "s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s""#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": "-1s""#,
      says: [
        #"g:2:18: error: "-1s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s""#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": "1.5s""#,
      says: [
        #"g:2:18: error: "1.5s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s""#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": "99999999999999999999s""#,
      says: [
        #"g:2:18: error: "99999999999999999999s" is out of range: expected a duration from 0s to 3650d"#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": "9223372036854775807d""#,
      says: [
        #"g:2:18: error: "9223372036854775807d" is out of range: expected a duration from 0s to 3650d"#
      ]),
    BrokenConfiguration(
      .top, #""drain_timeout": """#,
      says: [
        #"g:2:18: error: "" is not a duration: write a whole number and ms, s, m, h or d, such as "30s""#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"head": 32768}"#,
      says: [
        #"g:2:20: error: a size is a string with a unit, such as "16KiB", found a number"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"head": "32"}"#,
      says: [
        #"g:2:20: error: "32" has no unit; the units of sizes are B, KB, MB, GB, KiB, MiB and GiB"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"head": "32kb"}"#,
      says: [
        #"g:2:20: error: "32kb" has the unknown unit 'kb'; the units of sizes are B, KB, MB, GB, KiB, MiB and GiB"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"head": "1B"}"#,
      says: [
        #"g:2:20: error: "1B" is out of range: expected a size from 1KiB to 1MiB"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"head": "9223372036854775807GiB"}"#,
      says: [
        #"g:2:20: error: "9223372036854775807GiB" is out of range: expected a size from 1KiB to 1MiB"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"max_body": "big"}"#,
      says: [
        #"g:2:24: error: "big" is not a size: write a whole number and B, KiB, MiB or GiB, such as "16KiB""#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"max_body": "2097152GiB"}"#,
      says: [
        #"g:2:24: error: "2097152GiB" is out of range: expected a size from 0B to 1048576GiB"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"fields": "100"}"#,
      says: [
        #"g:2:22: error: expected a number, found a string"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"fields": 0}"#,
      says: [
        #"g:2:22: error: expected a whole number from 1 to 10000"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"fields": 1.5}"#,
      says: [
        #"g:2:22: error: expected a whole number from 1 to 10000"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"connections_per_address": null}"#,
      says: [
        #"g:2:39: error: expected a number, found null"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"head_timeout": "0s"}"#,
      says: [
        #"g:2:28: error: "0s" is out of range: expected a duration from 1ms to 3650d"#
      ]),
    BrokenConfiguration(
      .top, #""limits": {"body_rate": 240}"#,
      says: [
        #"g:2:25: error: a size is a string with a unit, such as "16KiB", found a number"#
      ]),
    BrokenConfiguration(
      .top, #""workers": "all""#,
      says: [
        #"g:2:12: error: expected "auto" or a number of workers, found a string"#
      ]),
    BrokenConfiguration(
      .top, #""workers": 0"#,
      says: [
        #"g:2:12: error: expected a whole number from 1 to 1024"#
      ]),
    BrokenConfiguration(
      .top, #""workers": -1"#,
      says: [
        #"g:2:12: error: expected a whole number from 1 to 1024"#
      ]),
    BrokenConfiguration(
      .top, #""workers": true"#,
      says: [
        #"g:2:12: error: expected "auto" or a number of workers, found true"#
      ]),
    BrokenConfiguration(
      .top, #""pid_file": """#,
      says: [
        #"g:2:13: error: expected a string that is not empty"#
      ]),
    BrokenConfiguration(
      .top, #""pid_file": 7"#,
      says: [
        #"g:2:13: error: expected a string, found a number"#
      ]),
    BrokenConfiguration(
      .top, #""$schema": 1"#,
      says: [
        #"g:2:12: error: expected a string, found a number"#
      ]),
    BrokenConfiguration(
      .top, #""trusted_proxies": ["10.0.0.1/8", "10.0.0.0/33", "host", 4]"#,
      says: [
        #"g:2:21: error: "10.0.0.1/8" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8""#,
        #"g:2:35: error: "10.0.0.0/33" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8""#,
        #"g:2:50: error: "host" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8""#,
        #"g:2:58: error: expected a string, found a number"#,
      ]),
  ]

  /// Variables that are not there.
  static let environment: [BrokenConfiguration] = [
    BrokenConfiguration(
      .top, #""pid_file": "${UNSET}""#,
      says: [
        #"g:2:13: error: the environment variable 'UNSET' is not set"#
      ]),
    BrokenConfiguration(
      .top, #""pid_file": "${}""#,
      says: [
        #"g:2:13: error: '${}' names no environment variable; write '$${' for the characters themselves"#
      ]),
    BrokenConfiguration(
      .top, #""pid_file": "${A""#,
      says: [
        #"g:2:13: error: '${' without '}'; write '$${' for the characters themselves"#
      ]),
    BrokenConfiguration(
      .top, #""pid_file": "${1A}""#,
      says: [
        #"g:2:13: error: '${1A}' names no environment variable; write '$${' for the characters themselves"#
      ]),
    BrokenConfiguration(
      .top, #""pid_file": "/run/${A}/${UNSET}/${ALSO}""#,
      says: [
        #"g:2:13: error: the environment variable 'UNSET' is not set"#,
        #"g:2:13: error: the environment variable 'ALSO' is not set"#,
      ]),
    BrokenConfiguration(
      .top, #""log": {"access": "${B AD}"}"#,
      says: [
        #"g:2:19: error: '${B AD}' names no environment variable; write '$${' for the characters themselves"#
      ]),
  ]

  /// Listeners.
  static let listen: [BrokenConfiguration] = [
    BrokenConfiguration(
      .whole, #"{"listen": [], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:12: error: expected a list with at least one entry"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": "127.0.0.1:8080", "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:12: error: expected a list, found a string"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["8080"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "8080" is not an address: the host is missing; it is 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, [::] for IPv6"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": [":8080"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: ":8080" is not an address: the host is missing; it is 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, [::] for IPv6"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["*:8080"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "*:8080" is not an address: the host is missing; it is 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, [::] for IPv6"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["127.0.0.1"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "127.0.0.1" is not an address: the port is missing, as in 127.0.0.1:8080"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["::1:8080"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "::1:8080" is not an address: an IPv6 address stands in brackets, as in [::1]:8080"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["[::1]"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "[::1]" is not an address: the port is missing, as in [::1]:8080"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["[::g]:1"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "[::g]:1" is not an address: in brackets stands an IPv6 address"#
      ]),
    BrokenConfiguration(
      .whole,
      #"{"listen": ["127.0.0.1:65536"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "127.0.0.1:65536" is not an address: a port is a number from 0 to 65535"#
      ]),
    BrokenConfiguration(
      .whole,
      #"{"listen": ["127.0.0.1:http"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "127.0.0.1:http" is not an address: a port is a number from 0 to 65535"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["127.1:80"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "127.1:80" is not an address: '127.1' is no host name"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["http://a:80"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "http://a:80" is not an address: write host:port, [v6]:port or unix:/path.sock, without a scheme"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["unix:"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "unix:" is not an address: 'unix:' needs a path behind it"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": [8080], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: expected a string, found a number"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": [{}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: 'address' is missing"#
      ]),
    BrokenConfiguration(
      .whole,
      #"{"listen": [{"address": "a:1", "tls": {}, "proxy_protocol": true}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:32: error: 'tls' is not supported yet by this version"#,
        #"g:1:43: error: 'proxy_protocol' is not supported yet by this version"#,
      ]),
    BrokenConfiguration(
      .whole,
      #"{"listen": [{"adress": "a:1"}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: 'address' is missing"#,
        #"g:1:14: error: unknown key 'adress' in a listener; did you mean 'address'?"#,
      ]),
    BrokenConfiguration(
      .whole,
      #"{"listen": ["127.0.0.1:80", "127.0.0.1:80"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:29: error: '127.0.0.1:80' is listened on already, at line 1, column 13"#
      ]),
    BrokenConfiguration(
      .whole,
      #"{"listen": ["[::1]:80", "[0:0::1]:80"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:25: error: '[::1]:80' is listened on already, at line 1, column 13"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["a_b-.c:1"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:13: error: "a_b-.c:1" is not an address: 'a_b-.c' is no host name"#
      ]),
  ]

  /// What is missing, and errors of several places.
  static let together: [BrokenConfiguration] = [
    BrokenConfiguration(
      .whole, #"{"listen": ["127.0.0.1:80"]}"#,
      says: [
        #"g:1:1: error: 'routes' is missing: without one every request is answered 404"#
      ]),
    BrokenConfiguration(
      .whole, #"{"listen": ["127.0.0.1:80"], "routes": []}"#,
      says: [
        #"g:1:40: error: expected a list with at least one entry"#
      ]),
    BrokenConfiguration(
      .whole,
      #"""
      {"listen": ["127.0.0.1:80"], "routes": [
       {"exact": "/", "respond": {"status": 200}},
       {"exact": "/a", "auth": "report", "respond": {"status": 200}}]}
      """#,
      says: [
        #"g:2:2: error: this route looks at tokens ("auth": "required"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or say "auth": "none" if everybody may pass"#,
        #"g:3:2: error: this route looks at tokens ("auth": "report"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or say "auth": "none" if everybody may pass"#,
      ]),
    BrokenConfiguration(
      .whole,
      #"{"listen": ["127.0.0.1:80"], "auth": {"issuers": []}, "routes": [{"exact": "/", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:66: error: this route looks at tokens ("auth": "required"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or say "auth": "none" if everybody may pass"#
      ]),
    BrokenConfiguration(
      .whole,
      #"""
      {"listen": ["nope"], "wrkers": 1,
       "routes": [{"path": "/a", "upstream": "u"}],
       "upstreams": {"u": {"servers": ["127.0.0.1"]}, "w": {"servers": ["a:1"]}}}
      """#,
      says: [
        #"g:1:13: error: "nope" is not an address: the port is missing, as in 127.0.0.1:8080"#,
        #"g:1:22: error: unknown key 'wrkers' in the configuration; did you mean 'workers'?"#,
        #"g:2:13: error: this route looks at tokens ("auth": "required"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or say "auth": "none" if everybody may pass"#,
        #"g:3:34: error: "127.0.0.1" is not an address: the port is missing, as in 127.0.0.1:8080"#,
        #"g:3:49: warning: no route leads to the upstream 'w'"#,
      ]),
  ]

  /// Warnings.
  static let warnings: [BrokenConfiguration] = [
    BrokenConfiguration(
      .whole,
      #"{"listen": ["127.0.0.1:80"], "upstreams": {"u": {"servers": ["a:1"]}}, "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:44: warning: no route leads to the upstream 'u'"#
      ]),
    BrokenConfiguration(
      .whole,
      #"{"listen": ["127.0.0.1:80"], "auth": {"identity_headers": {"X-User": "sub"}, "issuers": [{"issuer": "i", "audience": "any", "secret_file": "s"}, {"issuer": "j", "audience": "any", "secret_file": "s"}]}, "routes": [{"exact": "/", "respond": {"status": 200}}]}"#,
      says: [
        #"g:1:39: warning: upstreams are told 'sub' without 'iss': users of different issuers with the same name look alike"#
      ]),
  ]
}
