extension BrokenConfiguration {
  /// Accounts on their own.
  static let accounts = cases(
    .top,
    #"""
    "accounts": 1
    → g:2:13: error: 'accounts' is an object, found a number: write {"store": …}
    "accounts": null
    → g:2:13: error: 'accounts' is an object, found null: write {"store": …}
    "accounts": {}
    → g:2:13: error: 'store' is missing
    → g:2:13: error: 'signing' is missing
    "accounts": {"store": "sqlite:a.db", "signing": {}}
    → g:2:49: error: 'signing' needs 'secret_file' (for HS256, HS384 and HS512) or 'key_directory' (for every other algorithm)
    "accounts": {"store": "data/a.db", "signing": {"secret_file": "s"}}
    → g:2:23: error: "data/a.db" is not a store: write 'sqlite:' and the path of a file, such as "sqlite:data/accounts.db"
    "accounts": {"store": "sqlite:", "signing": {"secret_file": "s"}}
    → g:2:23: error: "sqlite:" is not a store: write 'sqlite:' and the path of a file, such as "sqlite:data/accounts.db"
    "accounts": {"store": "sqlite:///a.db", "signing": {"secret_file": "s"}}
    → g:2:23: error: "sqlite:///a.db" is not a store: write 'sqlite:' and the path of a file, such as "sqlite:data/accounts.db"
    "accounts": {"store": "sqlite::memory:", "signing": {"secret_file": "s"}}
    → g:2:23: error: accounts in memory would be gone with the process: name a file
    "accounts": {"store": 1, "signing": []}
    → g:2:23: error: expected a string, found a number
    → g:2:37: error: 'signing' is an object, found a list: write {"algorithm": …}
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s", "algorithm": "ES256"}}
    → g:2:80: error: ES256 signs with a key pair: give 'key_directory' in place of 'secret_file'
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s", "algorithm": "none"}}
    → g:2:80: error: 'none' is no algorithm: a token without a signature proves nothing
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s", "algorithm": "HS265"}}
    → g:2:80: error: expected "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA" or "Ed25519", found "HS265"; did you mean "HS256"?
    "accounts": {"store": "sqlite:a", "signing": {"algorithm": "HS256", "key_directory": "keys"}}
    → g:2:60: error: HS256 signs with a secret: give 'secret_file', or "ES256" or the like with 'key_directory'
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s", "key_directory": "keys"}}
    → g:2:67: error: 'signing' has 'secret_file' or 'key_directory', not both
    "accounts": {"store": "sqlite:a", "signing": {"key_directory": ""}}
    → g:2:64: error: expected a string that is not empty
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": ""}}
    → g:2:62: error: expected a string that is not empty
    "accounts": {"store": "sqlite:a", "signing": {"secret_fil": "s"}}
    → g:2:46: error: 'signing' needs 'secret_file' (for HS256, HS384 and HS512) or 'key_directory' (for every other algorithm)
    → g:2:47: error: unknown key 'secret_fil' in 'signing'; did you mean 'secret_file'?
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "registration_limit": {"requests": 0, "per": "1s", "by": "who"}}
    → g:2:103: error: expected a whole number from 1 to 1000000000
    → g:2:125: error: expected "user", "address", "route" or {"header": NAME}
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "registration": "close"}
    → g:2:84: error: expected "open", "closed" or "invite", found "close"; did you mean "closed"?
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "registration": true}
    → g:2:84: error: expected "open", "closed" or "invite", found true
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "issuer": "", "audience": []}
    → g:2:78: error: expected a string that is not empty
    → g:2:94: error: expected a list with at least one entry
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "issuer": 1, "audience": 1}
    → g:2:78: error: expected a string, found a number
    → g:2:93: error: expected a string, found a number
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "audience": "any"}
    → g:2:80: error: 'any' is no audience of a token: write the names of the programs that take it, or null for tokens without 'aud'
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "audience": ["a", "a", ""]}
    → g:2:86: error: 'a' is listed twice
    → g:2:91: error: expected a string that is not empty
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "refresh_token_ttl": "0s", "refresh_grace": "2h", "max_sessions": 0}
    → g:2:89: error: "0s" is out of range: expected a duration from 1s to 3650d
    → g:2:112: error: "2h" is out of range: expected a duration from 0s to 1h
    → g:2:134: error: expected a whole number from 1 to 10000
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "access_token_ttl": 3600}
    → g:2:88: error: a duration is a string with a unit, such as "30s", found a number
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "access_token_ttl": "500ms"}
    → g:2:88: error: "500ms" is out of range: expected a duration from 1s to 3650d
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "access_token_ttl": "1500ms"}
    → g:2:88: error: expected whole seconds
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "password": {"min_length": 0, "max_length": 1025}}
    → g:2:95: error: expected a whole number from 1 to 1024
    → g:2:112: error: expected a whole number from 1 to 1024
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "password": {"min_length": 12, "max_length": 11}}
    → g:2:113: error: no password has at least 12 and at most 11 characters
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "password": {"max_length": 7}}
    → g:2:95: error: no password has at least 8 and at most 7 characters
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "password": {"min_length": 300}}
    → g:2:95: error: no password has at least 300 and at most 256 characters
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "password": 8}
    → g:2:80: error: 'password' is an object, found a number: write {"min_length": …}
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "default_roles": "user"}
    → g:2:85: error: expected a list, found a string: write ["user"]
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "default_roles": ["user", "user", "", 1]}
    → g:2:94: error: 'user' is listed twice
    → g:2:102: error: expected a string that is not empty
    → g:2:106: error: expected a string, found a number
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "throttle": true}
    → g:2:80: error: 'throttle' is an object or false, found true; leave it out for the defaults
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "throttle": {"failures": 0, "window": "0s", "max_delay": "1ms"}}
    → g:2:93: error: expected a whole number from 1 to 1000
    → g:2:106: error: "0s" is out of range: expected a duration from 1s to 3650d
    → g:2:125: error: "1ms" is out of range: expected a duration from 1s to 3650d
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "throttle": {"failure": 1}}
    → g:2:81: error: unknown key 'failure' in 'throttle'; did you mean 'failures'?
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "paths": {"register": "register", "login": "/a/../b", "me": "/me?"}}
    → g:2:90: error: "register" is not a path: it begins with '/'
    → g:2:111: error: "/a/../b" is not spelt as requests are matched: write "/b"
    → g:2:128: error: "/me?" holds a '?': the query takes no part in matching
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "paths": {"login": "/register"}}
    → g:2:87: error: "/register" is the path of 'register' already
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "paths": {"register": "/login"}}
    → g:2:90: error: "/login" is the path of 'login' already
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "paths": {"register": "/a", "login": "/a", "me": "/a"}}
    → g:2:105: error: "/a" is the path of 'register' already
    → g:2:117: error: "/a" is the path of 'register' already
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "paths": {"me": "/"}}
    → g:1:55: error: "/" is answered by the gateway itself; 'accounts.paths' can move its 'me'
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "paths": {"refresh": "/r", "logout": "/l", "password": "/p", "logn": "/x"}}
    → g:2:129: error: unknown key 'logn' in 'paths'; did you mean 'login'?
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "paths": {"me": "/.well-known/jwks.json"}}
    → g:2:84: error: "/.well-known/jwks.json" is where the gateway tells of its keys
    "auth": {"issuers": [{"issuer": "https://a", "audience": "any", "secret_file": "s"}]}, "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "issuer": "https://a"}
    → g:2:165: error: 'https://a' is one of 'auth.issuers' already, at line 2, column 33
    """#)

  /// Errors in `identity_assertion`.
  static let assertions = cases(
    .top,
    #"""
    "auth": {"identity_assertion": "X-A"}
    → g:2:32: error: 'identity_assertion' is an object, found a string: write {"header": …}
    "auth": {"identity_assertion": {}}
    → g:2:32: error: 'header' is missing
    → g:2:32: error: assertions need the name of their issuer: set 'issuer', such as the gateway's URL
    → g:2:32: error: assertions are signed with a key pair: set 'key_directory'
    "auth": {"identity_assertion": {"header": "X A", "issuer": "", "key_directory": ""}}
    → g:2:43: error: 'X A' is no header name
    → g:2:60: error: expected a string that is not empty
    → g:2:81: error: expected a string that is not empty
    "auth": {"identity_assertion": {"header": "Authorization", "issuer": "i", "key_directory": "k", "ttl": "0s", "bind": 1, "algorithm": "HS256"}}
    → g:2:43: error: 'Authorization' can't stand here: it means something else already
    → g:2:104: error: "0s" is out of range: expected a duration from 5s to 1h
    → g:2:118: error: expected true or false, found a number
    → g:2:134: error: an upstream could forge an assertion that HS256 signs: take "ES256" or another with a key pair
    "auth": {"identity_assertion": {"header": "x_auth.user", "issuer": "i", "key_directory": "k", "ttl": "5500ms"}}
    → g:2:43: error: 'x_auth.user' can't be told from 'X-Auth-User', which is one of 'identity_headers'
    → g:2:102: error: expected whole seconds
    "auth": {"token_from": [{"header": "X-A"}], "identity_assertion": {"header": "x-a", "issuer": "i", "key_directory": "k"}}
    → g:2:78: error: 'x-a' is both the header of assertions and a place of 'token_from'
    "auth": {"issuers": [{"issuer": "i", "audience": "any", "secret_file": "s"}], "identity_assertion": {"header": "X-A", "issuer": "i", "key_directory": "k"}}
    → g:2:129: error: 'i' is one of 'auth.issuers', at line 2, column 33; assertions are the gateway's own
    "auth": {"identity_assertion": {"header": "X-A", "keys": "k"}}
    → g:2:32: error: assertions need the name of their issuer: set 'issuer', such as the gateway's URL
    → g:2:32: error: assertions are signed with a key pair: set 'key_directory'
    → g:2:50: error: unknown key 'keys' in 'identity_assertion'
    "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}}, "auth": {"identity_assertion": {"header": "X-A"}}
    → g:2:100: error: assertions need the name of their issuer: set 'issuer' here, or that of 'accounts'
    → g:2:100: error: assertions are signed with a key pair, never with the secret of 'accounts.signing': set 'key_directory', here or there
    "accounts": {"store": "sqlite:a", "issuer": "i", "signing": {"key_directory": "k"}}, "auth": {"identity_assertion": {"header": "X-A", "key_directory": "a"}}
    → g:2:152: error: the keys of 'accounts.signing.key_directory' sign assertions too: leave this one out
    "accounts": {"store": "sqlite:a", "issuer": "i", "signing": {"key_directory": "k"}}, "auth": {"identity_assertion": {"header": "X-A", "algorithm": "ES256"}}
    → g:2:148: error: 'algorithm' belongs to a 'key_directory'; here the keys of 'accounts.signing' sign
    "accounts": {"store": "sqlite:a", "issuer": "i", "signing": {}}, "auth": {"identity_assertion": {"header": "X-A"}}
    → g:2:61: error: 'signing' needs 'secret_file' (for HS256, HS384 and HS512) or 'key_directory' (for every other algorithm)
    """#)

  /// The header of assertions among routes.
  static let assertionRoutes = cases(
    .whole,
    #"""
    {"listen": ["127.0.0.1:80"], "auth": {"identity_assertion": {"header": "X-A", "issuer": "i", "key_directory": "k"}}, "upstreams": {"u": {"servers": ["127.0.0.1:1"]}}, "routes": [{"path": "/", "auth": "none", "headers": {"x_a": "1"}, "upstream": "u", "request_headers": {"remove": ["X.A"]}}, {"exact": "/.well-known/jwks.json", "auth": "none", "upstream": "u"}]}
    → g:1:221: error: 'x_a' can't stand here: what a client sends as 'X-A' is never believed; use 'require'
    → g:1:282: error: 'X.A' can't stand here: upstreams take 'X-A' for the caller's identity ('auth.identity_assertion')
    → g:1:302: error: "/.well-known/jwks.json" is answered by the gateway itself, which tells of its keys there
    """#)

  /// Accounts beside issuers and routes.
  static let hosted = cases(
    .whole,
    #"""
    {"listen": ["127.0.0.1:80"], "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}}, "routes": [{"exact": "/login", "respond": {"status": 200}}]}
    → g:1:119: error: "/login" is answered by the gateway itself; 'accounts.paths' can move its 'login'
    {"listen": ["127.0.0.1:80"], "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "paths": {"me": "/v1/me"}}, "routes": [{"exact": "/v1/me", "methods": ["PUT"], "host": "a.example", "respond": {"status": 200}}]}
    → g:1:146: error: "/v1/me" is answered by the gateway itself; 'accounts.paths' can move its 'me'
    {"listen": ["127.0.0.1:80"], "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}}, "routes": [{"exact": "/a", "require": {"issuer": "https://a"}, "respond": {"status": 200}}]}
    → g:1:147: error: 'https://a' is none of 'auth.issuers' and not 'accounts.issuer'
    {"listen": ["127.0.0.1:80"], "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}, "issuer": "https://b"}, "routes": [{"exact": "/a", "require": {"issuer": "https://a"}, "respond": {"status": 200}}]}
    → g:1:170: error: 'https://a' is none of 'auth.issuers' and not 'accounts.issuer'; did you mean 'https://b'?
    {"listen": ["127.0.0.1:80"], "accounts": {"signing": {"secret_file": "s"}}, "routes": [{"exact": "/a", "respond": {"status": 200}}]}
    → g:1:42: error: 'store' is missing
    """#)

  /// The listener for operators.
  static let admin = cases(
    .top,
    #"""
    "admin": "127.0.0.1:9090"
    → g:2:10: error: 'admin' is an object, found a string: write {"listen": "127.0.0.1:9090"}
    "admin": {}
    → g:2:10: error: 'listen' is missing
    "admin": {"listen": ["127.0.0.1:9090"]}
    → g:2:21: error: an address is a string, such as "127.0.0.1:8080", found a list
    "admin": {"listen": "9090"}
    → g:2:21: error: "9090" is not an address: the host is missing; it is 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, [::] for IPv6
    "admin": {"listen": "127.0.0.1:8080"}
    → g:2:21: error: '127.0.0.1:8080' is listened on already, at line 1, column 14
    "admin": {"listen": "127.0.0.1:9090", "require": {"roles": ["admin"]}}
    → g:2:39: error: 'require' is not supported yet by this version
    "admin": {"listen": "127.0.0.1:9090", "ready": "upstream"}
    → g:2:48: error: expected "process" or "upstreams", found "upstream"; did you mean "upstreams"?
    """#)

  /// Errors in `health_check` and `passive_health`.
  static let health = cases(
    .top,
    #"""
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:57: error: 'path' is missing
    "upstreams": {"u": {"servers": ["a:1"], "health_check": "/healthz"}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:57: error: 'health_check' is an object, found a string: write {"path": "/healthz"}
    "upstreams": {"u": {"servers": ["a:1"], "health_check": false}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:57: error: 'health_check' is an object, found false: write {"path": …}
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {"path": "healthz"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:66: error: "healthz" is not a path: it begins with '/'
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {"path": "/a b"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:66: error: a path to ask for holds visible ASCII characters, others percent-encoded, and no fragment
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {"path": "/a#b"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:66: error: a path to ask for holds visible ASCII characters, others percent-encoded, and no fragment
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {"path": "/", "interval": "1ms", "timeout": "0s", "healthy_after": 0, "unhealthy_after": 1001, "port": 1}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:83: error: "1ms" is out of range: expected a duration from 10ms to 3650d
    → g:2:101: error: "0s" is out of range: expected a duration from 1ms to 3650d
    → g:2:124: error: expected a whole number from 1 to 1000
    → g:2:146: error: expected a whole number from 1 to 1000
    → g:2:152: error: unknown key 'port' in 'health_check'
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {"path": "/", "host": "a b", "headers": {"Host": "b", "Connection": "x"}, "status": "2xx"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:79: error: "a b" is no host, such as "app.example.com" or "app.example.com:8080"
    → g:2:98: error: 'Host' can't stand here: use 'host'
    → g:2:111: error: 'Connection' can't stand here: the gateway writes it for every connection anew
    → g:2:141: error: "2xx" is no status: write one from 100 to 599, a range, or several, such as "200-299,304"
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {"path": "/", "status": "399-200"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:81: error: "399-200" is no status: write one from 100 to 599, a range, or several, such as "200-299,304"
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {"path": "/", "status": "200,,204"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:81: error: "200,,204" is no status: write one from 100 to 599, a range, or several, such as "200-299,304"
    "upstreams": {"u": {"servers": ["a:1"], "health_check": {"path": "/", "status": 1000}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:81: error: expected a whole number from 100 to 599
    "upstreams": {"u": {"servers": ["a:1"], "passive_health": true}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:59: error: 'passive_health' is an object or false, found true; leave it out for the defaults
    "upstreams": {"u": {"servers": ["a:1"], "passive_health": {"failures": 0, "eject": "0s", "max_eject": "0s", "max_ejekt": "1s"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:72: error: expected a whole number from 1 to 1000
    → g:2:84: error: "0s" is out of range: expected a duration from 1ms to 3650d
    → g:2:103: error: "0s" is out of range: expected a duration from 1ms to 3650d
    → g:2:109: error: unknown key 'max_ejekt' in 'passive_health'; did you mean 'max_eject'?
    "upstreams": {"u": {"servers": ["a:1"], "passive_health": {"eject": "1m", "max_eject": "30s"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:88: error: 'max_eject' is shorter than 'eject', which is 60s
    "upstreams": {"u": {"servers": ["a:1"], "passive_health": {"max_eject": "5s"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:73: error: 'max_eject' is shorter than 'eject', which is 10s
    """#)

  /// Warnings about accounts.
  static let accountWarnings = cases(
    .whole,
    #"""
    {"listen": ["127.0.0.1:80"], "auth": {"identity_headers": {"X-User": "sub"}, "issuers": [{"issuer": "i", "audience": "any", "secret_file": "s"}]}, "accounts": {"store": "sqlite:a", "signing": {"secret_file": "s"}}, "routes": [{"exact": "/", "respond": {"status": 200}}]}
    → g:1:39: warning: upstreams are told 'sub' without 'iss': users of different issuers with the same name look alike
    """#)
}
