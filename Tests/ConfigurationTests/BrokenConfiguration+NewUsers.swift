extension BrokenConfiguration {
  /// Files as people write them who have another gateway in mind: each message names the place and the way out.
  static let newUsers = cases(
    .whole,
    #"""
    {"listen": "127.0.0.1:8080", "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:12: error: expected a list, found a string: write ["127.0.0.1:8080"]
    {"listen": 8080, "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:12: error: expected a list, found a number: write ["127.0.0.1:8080"]
    {"listen": ["localhost"], "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "localhost" is not an address: the port is missing, as in 127.0.0.1:8080
    {"listen": ["http://127.0.0.1:8080"], "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: "http://127.0.0.1:8080" is not an address: write host:port, [v6]:port or unix:/path.sock, without a scheme
    {"listen": {"address": "127.0.0.1:0"}, "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:12: error: expected a list, found an object: write [{…}]
    {"port": 8080, "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:1: error: 'listen' is missing: say where to listen, such as ["127.0.0.1:8080"]
    → g:1:2: error: unknown key 'port' in the configuration
    {"server": {"listen": ["127.0.0.1:0"]}, "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:1: error: 'listen' is missing: say where to listen, such as ["127.0.0.1:8080"]
    → g:1:2: error: unknown key 'server' in the configuration
    {"listen": ["127.0.0.1:0"], "routes": {"/api": {"upstream": "api"}}}
    → g:1:39: error: expected a list, found an object: write [{…}]
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api/*", "upstream": "api", "auth": "none"}], "upstreams": {"api": {"servers": ["127.0.0.1:9001"]}}}
    → g:1:49: error: "/api/*" holds a '*': there are no wildcards, a 'path' takes all that is below it
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "http://127.0.0.1:9001", "auth": "none"}]}
    → g:1:69: error: there is no upstream 'http://127.0.0.1:9001': a route names a service, whose servers stand in 'upstreams'
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "proxy_pass": "http://127.0.0.1:9001", "auth": "none"}]}
    → g:1:40: error: a route needs one of 'upstream', 'respond' and 'redirect'
    → g:1:57: error: unknown key 'proxy_pass' in a route
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "api", "auth": "none"}], "upstreams": {"api": "127.0.0.1:9001"}}
    → g:1:115: error: an upstream is an object, found a string: write {"servers": …}
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "api", "auth": "none"}], "upstreams": {"api": ["127.0.0.1:9001"]}}
    → g:1:115: error: an upstream is an object, found a list: write {"servers": …}
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "api", "auth": "none"}], "upstreams": {"api": {"server": "127.0.0.1:9001"}}}
    → g:1:115: error: 'servers' is missing
    → g:1:116: error: unknown key 'server' in an upstream; did you mean 'servers'?
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "api", "auth": "none"}], "upstreams": {"api": {"servers": ["http://127.0.0.1:9001"]}}}
    → g:1:128: error: "http://127.0.0.1:9001" is not an address: write host:port, [v6]:port or unix:/path.sock, without a scheme
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "api", "auth": "none"}], "upstreams": [{"name": "api", "servers": ["127.0.0.1:9001"]}]}
    → g:1:107: error: expected an object, found a list: write {"NAME": …}
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "api", "auth": "jwt"}], "upstreams": {"api": {"servers": ["127.0.0.1:9001"]}}}
    → g:1:84: error: expected "required", "optional", "report", "certificate" or "none", found "jwt"
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "api", "auth": false}], "upstreams": {"api": {"servers": ["127.0.0.1:9001"]}}}
    → g:1:84: error: expected "required", "optional", "report", "certificate" or "none", found false; write "none" if everybody may pass
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/api", "upstream": "api", "auth": true, "retries": 3}], "upstreams": {"api": {"servers": ["127.0.0.1:9001"], "balance": "roundrobin", "timeout": "5s"}}}
    → g:1:84: error: expected "required", "optional", "report", "certificate" or "none", found true; write "required" if a valid token is needed
    → g:1:90: error: unknown key 'retries' in a route; it belongs in an entry of 'upstreams', and is not supported yet by this version
    → g:1:170: error: expected "round_robin", found "roundrobin"; did you mean "round_robin"?
    → g:1:184: error: unknown key 'timeout' in an upstream; did you mean 'connect_timeout', 'response_timeout' or 'idle_timeout'?
    {"listen": ["127.0.0.1:0"], "auth": {"issuers": [{"issuer": "https://login.example.com", "secret": "hush"}]}, "routes": [{"path": "/", "respond": {"status": 200}}]}
    → g:1:50: error: 'audience' is missing: name whom tokens are for, or say "any"
    → g:1:50: error: the issuer's keys are missing: one of 'jwks', 'discover', 'public_key_file' and 'secret_file'
    → g:1:90: error: unknown key 'secret' in an issuer; did you mean 'secret_file'?
    {"listen": ["127.0.0.1:0"], "auth": {"issuers": [{"issuer": "https://login.example.com", "audience": "orders", "jwks_uri": "https://login.example.com/keys"}]}, "routes": [{"path": "/", "respond": {"status": 200}}]}
    → g:1:50: error: the issuer's keys are missing: one of 'jwks', 'discover', 'public_key_file' and 'secret_file'
    → g:1:112: error: unknown key 'jwks_uri' in an issuer; did you mean 'jwks'?
    {"listen": ["127.0.0.1:0"], "auth": {"issuer": "https://login.example.com", "audience": "orders", "jwks": "https://login.example.com/keys"}, "routes": [{"path": "/", "respond": {"status": 200}}]}
    → g:1:38: error: unknown key 'issuer' in 'auth'; did you mean 'issuers'?
    → g:1:77: error: unknown key 'audience' in 'auth'; it belongs in an entry of 'auth.issuers' or 'accounts'
    → g:1:99: error: unknown key 'jwks' in 'auth'; it belongs in an entry of 'auth.issuers'
    → g:1:153: error: this route looks at tokens ("auth": "required"), but there is nobody whose tokens are good: add an issuer to 'auth.issuers', or 'accounts', or say "auth": "none" if everybody may pass
    {"listen": ["127.0.0.1:0"], "auth": {"issuers": {"issuer": "https://login.example.com", "audience": "orders", "secret_file": "s"}}, "routes": [{"path": "/", "respond": {"status": 200}}]}
    → g:1:49: error: expected a list, found an object: write [{…}]
    {"listen": ["127.0.0.1:0"], "auth": {"issuers": [{"issuer": "https://login.example.com", "audience": "orders", "secret_file": "s", "algorithms": "RS256"}]}, "routes": [{"path": "/", "require": {"roles": "admin"}, "respond": {"status": 200}}]}
    → g:1:146: error: expected a list, found a string: write ["RS256"]
    → g:1:204: error: expected a list, found a string: write ["admin"]
    {"listen": ["127.0.0.1:0"], "accounts": true, "routes": [{"path": "/", "respond": {"status": 200}}]}
    → g:1:41: error: 'accounts' is an object, found true: write {"store": …}
    {"listen": ["127.0.0.1:0"], "accounts": {"store": "accounts.db", "signing": {"algorithm": "HS256", "secret": "hush"}}, "routes": [{"path": "/", "respond": {"status": 200}}]}
    → g:1:51: error: "accounts.db" is not a store: write 'sqlite:' and the path of a file, such as "sqlite:data/accounts.db"
    → g:1:77: error: 'signing' needs 'secret_file' (for HS256, HS384 and HS512) or 'key_directory' (for every other algorithm)
    → g:1:100: error: unknown key 'secret' in 'signing'; did you mean 'secret_file'?
    {"listen": ["127.0.0.1:0"], "accounts": {"store": "postgresql://db/accounts", "signing": {"key_directory": "keys"}, "registration": "off", "browser": {}}, "routes": [{"path": "/", "respond": {"status": 200}}]}
    → g:1:51: error: a store in PostgreSQL is not supported yet by this version
    → g:1:133: error: expected "open", "closed" or "invite", found "off"
    → g:1:140: error: 'browser' is not supported yet by this version
    {"listen": ["127.0.0.1:0"], "tls": {"certificate": "site.pem", "key": "site.key"}, "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:29: error: unknown key 'tls' in the configuration; it belongs in an entry of 'upstreams', an entry of 'listen' or 'admin'
    {"listen": ["127.0.0.1:0"], "log": "access.log", "cors": "*", "workers": "4", "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:36: error: 'log' is an object, found a string: write {"access": "access.log"}
    → g:1:58: error: 'cors' is an object, found a string: write {"origins": …}
    → g:1:74: error: expected "auto" or a number of workers, found a string: write 4 without quotes
    {"listen": ["127.0.0.1:0"], "limits": {"max_body_size": "10MB", "timeout": 30}, "drain_timeout": "30", "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:40: error: unknown key 'max_body_size' in 'limits'; did you mean 'max_body'?
    → g:1:65: error: unknown key 'timeout' in 'limits'; did you mean 'handshake_timeout', 'head_timeout' or 'idle_timeout'?
    → g:1:98: error: "30" has no unit; the units of durations are ms, s, m, h and d
    {"listen": ["127.0.0.1:0"], "cors": {"origins": "https://app.example.com/", "credentials": "true"}, "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:49: error: expected a list, found a string: write ["https://app.example.com/"]
    → g:1:92: error: expected true or false, found a string: write true without quotes
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "api", "method": "GET", "respond": {"status": "200", "body": {"a": 1}}, "auth": "none"}]}
    → g:1:49: error: "api" is not a path: it begins with '/'
    → g:1:56: error: unknown key 'method' in a route; did you mean 'methods'?
    → g:1:95: error: expected a number, found a string: write 200 without quotes
    → g:1:110: error: expected a string, found an object; 'json' takes any value
    {"listen": ["127.0.0.1:0"], "routes": [{"path": "/a", "respond": "hello", "auth": "none"}, {"path": "/b", "redirect": "/c", "auth": "none"}]}
    → g:1:66: error: 'respond' is an object, found a string: write {"status": …}
    → g:1:119: error: 'redirect' is an object, found a string: write {"location": "/c"}
    {"listen": ["127.0.0.1:0"], "rate_limit": {"requests": 10, "per": "1s"}, "metrics": true, "admin": "127.0.0.1:9090", "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:29: error: unknown key 'rate_limit' in the configuration; it belongs in an entry of 'routes', and is not supported yet by this version
    → g:1:74: error: unknown key 'metrics' in the configuration
    → g:1:100: error: 'admin' is an object, found a string: write {"listen": "127.0.0.1:9090"}
    {"listen": ["127.0.0.1:0"] "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:28: error: expected ',' or '}' after a member
    {"listen": ["127.0.0.1:0"], # comment
     "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:29: error: expected a member name in double quotes; a comment begins with '//'
    """#)
}
