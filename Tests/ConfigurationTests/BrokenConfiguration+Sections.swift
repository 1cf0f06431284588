extension BrokenConfiguration {
  /// 'auth'.
  static let auth = cases(
    .top,
    #"""
    "auth": {"reject_status": 404}
    → g:2:27: error: expected 401 or 403
    "auth": {"reject_status": "401"}
    → g:2:27: error: expected 401 or 403
    "auth": {"realm": "a\"b"}
    → g:2:19: error: a realm holds visible ASCII characters and spaces, without quotes and backslashes
    "auth": {"realm": ""}
    → g:2:19: error: expected a string that is not empty
    "auth": {"token_from": []}
    → g:2:24: error: expected a list with at least one entry
    "auth": {"token_from": ["Authorization"]}
    → g:2:25: error: a place of 'token_from' is an object, found a string: write {"header": "Authorization"}
    "auth": {"token_from": [{}]}
    → g:2:25: error: expected exactly one of 'header', 'cookie', 'query' and 'websocket_protocol'
    "auth": {"token_from": [{"header": "A", "cookie": "b"}]}
    → g:2:25: error: expected exactly one of 'header', 'cookie', 'query' and 'websocket_protocol'
    "auth": {"token_from": [{"websocket_protocol": "bearer, x"}]}
    → g:2:48: error: 'bearer, x' is no name of a WebSocket protocol, such as "bearer"
    "auth": {"token_from": [{"websocket_protocol": "bearer"}, {"websocket_protocol": "Bearer"}]}
    → g:2:59: error: this place is listed twice
    "auth": {"token_from": [{"header": "a b"}, {"header": "Host"}, {"header": "Connection"}, {"cookie": "a;b"}, {"query": "a&b"}]}
    → g:2:36: error: 'a b' is no header name
    → g:2:55: error: 'Host' can't stand here: a token does not stand there
    → g:2:75: error: 'Connection' can't stand here: the gateway writes it for every connection anew
    → g:2:101: error: 'a;b' is no cookie name
    → g:2:119: error: a query parameter's name holds letters, digits, '-', '.', '_' and '~'
    "auth": {"token_from": [{"header": "Authorization"}, {"header": "authorization"}]}
    → g:2:54: error: this place is listed twice
    "auth": {"leeway": "2h"}
    → g:2:20: error: "2h" is out of range: expected a duration from 0s to 1h
    "auth": {"jwks_cooldown": "0s"}
    → g:2:27: error: "0s" is out of range: expected a duration from 1s to 1h
    "auth": {"forward_token": "yes"}
    → g:2:27: error: expected true or false, found a string
    "auth": {"forward_token": 1}
    → g:2:27: error: expected true or false, found a number
    "auth": {"identity_headers": {"X User": "sub", "Host": "sub", "Content_Length": "sub", "Authorization": "sub", "X-Forwarded-For": "sub", "X-A": ""}}
    → g:2:31: error: 'X User' is no header name
    → g:2:48: error: 'Host' can't stand here: it means something else already
    → g:2:63: error: 'Content_Length' can't stand here: the gateway writes it for every connection anew
    → g:2:88: error: 'Authorization' can't stand here: it means something else already
    → g:2:112: error: 'X-Forwarded-For' can't stand here: the gateway uses it for where a request comes from
    → g:2:145: error: expected a string that is not empty
    "auth": {"identity_headers": {"X-User": "sub", "x_user": "sub"}}
    → g:2:48: error: 'x_user' can't be told from 'X-User': an upstream may fold one onto the other
    "auth": {"identity_headers": []}
    → g:2:30: error: expected an object, found a list: write {"NAME": …}
    "auth": {"identity_headers": {"X-Token": "sub"}, "token_from": [{"header": "x_token"}]}
    → g:2:10: error: 'X-Token' is both an identity header and a place of 'token_from'
    "auth": {"issuers": {}}
    → g:2:21: error: expected a list, found an object: write [{…}]
    """#)

  /// Upstreams.
  static let upstreams = cases(
    .top,
    #"""
    "upstreams": {"u": {}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:20: error: 'servers' is missing
    "upstreams": {"u": []}
    → g:2:20: error: an upstream is an object, found a list: write {"servers": …}
    "upstreams": {"u": {"servers": []}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:32: error: expected a list with at least one entry
    "upstreams": {"u": {"servers": ["127.0.0.1"]}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:33: error: "127.0.0.1" is not an address: the port is missing, as in 127.0.0.1:8080
    "upstreams": {"u": {"servers": ["127.0.0.1:0"]}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:33: error: "127.0.0.1:0" is not an address: a server has a port from 1 to 65535
    "upstreams": {"u": {"servers": [":80"]}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:33: error: ":80" is not an address: the host is missing
    "upstreams": {"u": {"servers": ["https://a/"]}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:33: error: "https://a/" is not an address: write host:port, [v6]:port or unix:/path.sock, without a scheme
    "upstreams": {"u": {"servers": ["a:1", "A:1"]}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:40: error: 'a:1' is listed already, at line 2, column 33; use 'weight'
    "upstreams": {"u": {"servers": [{"address": "a:1", "weight": 0}]}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:62: error: expected a whole number from 1 to 1000
    "upstreams": {"u": {"servers": [{"weight": 1}]}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:33: error: 'address' is missing
    "upstreams": {"u": {"servers": ["a:1"], "balance": "least_requests"}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:52: error: "least_requests" is not supported yet by this version
    "upstreams": {"u": {"servers": ["a:1"], "balance": "round-robin"}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:52: error: expected "round_robin", found "round-robin"; did you mean "round_robin"?
    "upstreams": {"u": {"servers": ["a:1"], "balance": {"hash": "user"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:52: error: 'hash' is not supported yet by this version
    "upstreams": {"u": {"servers": ["a:1"], "retries": 1, "max_connections": 1, "queue": 1}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:41: error: 'retries' is not supported yet by this version
    → g:2:55: error: 'max_connections' is not supported yet by this version
    → g:2:77: error: 'queue' is not supported yet by this version
    "upstreams": {"u": {"servers": ["a:1"], "keepalive": -1, "connect_timeout": "0s", "response_timeout": 1, "idle_timeout": "1y"}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:54: error: expected a whole number from 0 to 10000
    → g:2:77: error: "0s" is out of range: expected a duration from 1ms to 3650d
    → g:2:103: error: a duration is a string with a unit, such as "30s", found a number
    → g:2:122: error: "1y" has the unknown unit 'y'; the units of durations are ms, s, m, h and d
    "upstreams": {"u": {"servers": ["a:1"], "resolve": "1ms"}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:52: error: "1ms" is out of range: expected a duration from 10ms to 3650d
    "upstreams": {"a b": {"servers": ["a:1"]}}
    → g:2:15: error: an upstream's name holds 1 to 64 letters, digits, '-', '.', '_' and '~'
    "upstreams": {"u": {"servers": ["a:1"], "timeout": "1s"}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:41: error: unknown key 'timeout' in an upstream; did you mean 'connect_timeout', 'response_timeout' or 'idle_timeout'?
    "upstreams": []
    → g:2:14: error: expected an object, found a list: write {"NAME": …}
    """#)
}
