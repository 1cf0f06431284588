extension BrokenConfiguration {
  /// Routes.
  static let routes = cases(
    .route,
    #"""
    {}
    → g:2:1: error: a route needs 'path' or 'exact'
    → g:2:1: error: a route needs one of 'upstream', 'respond' and 'redirect'
    3
    → g:2:1: error: a route is an object, found a number: write {"path": …}
    {"path": "/a"}
    → g:2:1: error: a route needs one of 'upstream', 'respond' and 'redirect'
    {"upstream": "u"}
    → g:2:1: error: a route needs 'path' or 'exact'
    {"path": "/a", "exact": "/a", "upstream": "u"}
    → g:2:16: error: a route has 'path' or 'exact', not both
    {"path": "/a", "upstream": "u", "respond": {"status": 200}}
    → g:2:33: error: a route has one of 'upstream', 'respond' and 'redirect', this one has 'upstream' and 'respond'
    {"path": "/a", "upstream": "v"}
    → g:2:28: error: there is no upstream 'v'; did you mean 'u'?
    {"path": "/a", "upstream": "U"}
    → g:2:28: error: there is no upstream 'U'; did you mean 'u'?
    {"path": "a", "upstream": "u"}
    → g:2:10: error: "a" is not a path: it begins with '/'
    {"path": "", "upstream": "u"}
    → g:2:10: error: expected a string that is not empty
    {"path": "/a/*", "upstream": "u"}
    → g:2:10: error: "/a/*" holds a '*': there are no wildcards, a 'path' takes all that is below it
    {"path": "/a?x=1", "upstream": "u"}
    → g:2:10: error: "/a?x=1" holds a '?': the query takes no part in matching
    {"path": "/a#b", "upstream": "u"}
    → g:2:10: error: "/a#b" holds a '#': a request has no fragment
    {"path": "/a//b", "upstream": "u"}
    → g:2:10: error: "/a//b" is not spelt as requests are matched: write "/a/b"
    {"path": "/a/../b", "upstream": "u"}
    → g:2:10: error: "/a/../b" is not spelt as requests are matched: write "/b"
    {"path": "/../a", "upstream": "u"}
    → g:2:10: error: "/../a" is a path that is refused in every request: it climbs above the root
    {"path": "/a b", "upstream": "u"}
    → g:2:10: error: "/a b" is not spelt as requests are matched: write "/a%20b"
    {"path": "/é", "upstream": "u"}
    → g:2:10: error: "/é" is not spelt as requests are matched: write "/%C3%A9"
    {"path": "/%61", "upstream": "u"}
    → g:2:10: error: "/%61" is not spelt as requests are matched: write "/a"
    {"path": "/%2f", "upstream": "u"}
    → g:2:10: error: "/%2f" holds an encoded slash, which is refused without "encoded_slashes": "allow"
    {"path": "/a%2fb", "upstream": "u"}
    → g:2:10: error: "/a%2fb" holds an encoded slash, which is refused without "encoded_slashes": "allow"
    {"path": "/a;x", "upstream": "u"}
    → g:2:10: error: "/a;x" holds a ';': requests are matched without such parameters too
    {"path": "/a%3Bx", "upstream": "u"}
    → g:2:10: error: "/a%3Bx" holds an encoded ';': requests are matched without such parameters too
    {"path": "/%", "upstream": "u"}
    → g:2:10: error: "/%" is a path that is refused in every request: it holds '%' without two hexadecimal digits
    {"path": "/a\\b", "upstream": "u"}
    → g:2:10: error: "/a\b" is a path that is refused in every request: it holds a backslash
    {"path": "/%00", "upstream": "u"}
    → g:2:10: error: "/%00" is a path that is refused in every request: it holds a control character
    {"path": "/%2561", "upstream": "u"}
    → g:2:10: error: "/%2561" is a path that is refused in every request: it holds an escape of an escape
    {"exact": 1, "upstream": "u"}
    → g:2:11: error: expected a string, found a number
    {"path": "/a", "uptream": "u"}
    → g:2:1: error: a route needs one of 'upstream', 'respond' and 'redirect'
    → g:2:16: error: unknown key 'uptream' in a route; did you mean 'upstream'?
    {"path": "/a", "upstream": "u", "rate_limit": {}}
    → g:2:33: error: 'rate_limit' is not supported yet by this version
    {"path": "/a", "upstream": "u", "websocket": "on"}
    → g:2:46: error: 'websocket' is an object, true or false, found a string
    {"path": "/a", "upstream": "u", "websocket": {"outlives_token": true, "outlive_token": 1, "idle_timeout": "0s"}}
    → g:2:47: error: unknown key 'outlives_token' in 'websocket'; did you mean 'outlive_token'?
    → g:2:88: error: expected true or false, found a number
    → g:2:107: error: "0s" is out of range: expected a duration from 1ms to 3650d
    {"path": "/a", "upstream": "u", "method": ["GET"]}
    → g:2:33: error: unknown key 'method' in a route; did you mean 'methods'?
    {"path": "/a", "upstream": "u", "servers": []}
    → g:2:33: error: unknown key 'servers' in a route; it belongs in an entry of 'upstreams'
    {"path": "/a", "upstream": "u", "host": "*"}
    → g:2:41: error: "*" is every host; leave 'host' out
    {"path": "/a", "upstream": "u", "host": "a.example.com:80"}
    → g:2:41: error: "a.example.com:80" is no host; a port takes no part in matching
    {"path": "/a", "upstream": "u", "host": "*example.com"}
    → g:2:41: error: "*example.com" is no host; a '*' stands for whole labels at the front, as in "*.example.com"
    {"path": "/a", "upstream": "u", "host": "a.*.com"}
    → g:2:41: error: "a.*.com" is no host; a '*' stands for whole labels at the front, as in "*.example.com"
    {"path": "/a", "upstream": "u", "host": "exämple.com"}
    → g:2:41: error: "exämple.com" is no host; write it as browsers send it, in ASCII with 'xn--'
    {"path": "/a", "upstream": "u", "host": "https://a.example.com"}
    → g:2:41: error: "https://a.example.com" is no host; it is a name alone, without a scheme and a path, such as "app.example.com"
    {"path": "/a", "upstream": "u", "host": "a.example.com/x"}
    → g:2:41: error: "a.example.com/x" is no host; it is a name alone, without a scheme and a path, such as "app.example.com"
    {"path": "/a", "upstream": "u", "host": ["a.example.com"]}
    → g:2:41: error: expected a string, found a list: write "a.example.com"
    {"path": "/a", "upstream": "u", "host": ["a.example.com", "b.example.com"]}
    → g:2:41: error: expected a string, found a list
    {"path": "/a", "upstream": "u", "host": ""}
    → g:2:41: error: expected a string that is not empty
    {"path": "/a", "upstream": "u", "methods": []}
    → g:2:44: error: expected a list with at least one entry
    {"path": "/a", "upstream": "u", "methods": ["get"]}
    → g:2:45: error: methods are written in upper case: write "GET"
    {"path": "/a", "upstream": "u", "methods": ["GET", "GET"]}
    → g:2:52: error: 'GET' is listed twice
    {"path": "/a", "upstream": "u", "methods": ["G T"]}
    → g:2:45: error: "G T" is no method
    {"path": "/a", "upstream": "u", "methods": ["CONNECT"]}
    → g:2:45: error: CONNECT is refused in every request
    {"path": "/a", "upstream": "u", "methods": ["GET", "TRACE"]}
    → g:2:52: error: TRACE is refused in every request
    {"path": "/a", "upstream": "u", "methods": "GET"}
    → g:2:44: error: expected a list, found a string: write ["GET"]
    {"path": "/a", "upstream": "u", "headers": {"X-A": 1}}
    → g:2:52: error: expected a string, found a number
    {"path": "/a", "upstream": "u", "headers": {"X-A": "1", "x-a": "2"}}
    → g:2:57: error: 'x-a' is the same header as 'X-A'
    {"path": "/a", "upstream": "u", "headers": {"Host": "a", "Content-Length": "1"}}
    → g:2:45: error: 'Host' can't stand here: use 'host'
    → g:2:58: error: 'Content-Length' can't stand here: the gateway writes it for every connection anew
    {"path": "/a", "upstream": "u", "headers": {"X_Auth_User": "root"}}
    → g:2:45: error: 'X_Auth_User' can't stand here: what a client sends as 'X-Auth-User' is never believed; use 'require'
    {"path": "/a", "upstream": "u", "headers": {"X-A": " b"}}
    → g:2:52: error: a header's value holds visible ASCII characters, and spaces and tabs only between them
    {"path": "/a", "upstream": "u", "headers": {"X-A": "a\nb"}}
    → g:2:52: error: a header's value holds visible ASCII characters, and spaces and tabs only between them
    {"path": "/a", "upstream": "u", "auth": "on"}
    → g:2:41: error: expected "required", "optional", "report", "certificate" or "none", found "on"
    {"path": "/a", "upstream": "u", "auth": "Required"}
    → g:2:41: error: expected "required", "optional", "report", "certificate" or "none", found "Required"; did you mean "required"?
    {"path": "/a", "upstream": "u", "auth": false}
    → g:2:41: error: expected "required", "optional", "report", "certificate" or "none", found false; write "none" if everybody may pass
    {"path": "/a", "upstream": "u", "auth": true}
    → g:2:41: error: expected "required", "optional", "report", "certificate" or "none", found true; write "required" if a valid token is needed
    {"path": "/a", "upstream": "u", "require": {}}
    → g:2:44: error: 'require' asks for nothing; leave it out, or name what a token must show
    {"path": "/a", "upstream": "u", "require": {"roles": []}}
    → g:2:54: error: expected a list with at least one entry
    {"path": "/a", "upstream": "u", "require": {"role": ["a"]}}
    → g:2:45: error: unknown key 'role' in 'require'; did you mean 'roles'?
    {"path": "/a", "upstream": "u", "require": {"roles": "a"}}
    → g:2:54: error: expected a list, found a string: write ["a"]
    {"path": "/a", "upstream": "u", "require": {"scope": ["a b"]}}
    → g:2:55: error: "a b" is no word of a scope; list its words one by one
    {"path": "/a", "upstream": "u", "require": {"claims": {"a": null, "b": [], "c": {}, "d": [[1]]}}}
    → g:2:61: error: expected a string, a number, true or false, or a list of such, found null
    → g:2:72: error: expected a list with at least one entry
    → g:2:81: error: expected a string, a number, true or false, or a list of such, found an object
    → g:2:91: error: expected a string, a number, true or false, or a list of such, found a list
    {"path": "/a", "upstream": "u", "require": {"claims": {"a": [9007199254740991, 9007199254740992, -9007199254740992]}}}
    → g:2:80: error: a number of 2^53 or more can't be compared: programs read it as different ones
    → g:2:98: error: a number of 2^53 or more can't be compared: programs read it as different ones
    {"path": "/a", "upstream": "u", "require": {"issuer": "j"}}
    → g:2:55: error: 'j' is none of 'auth.issuers'; did you mean 'i'?
    {"path": "/a", "upstream": "u", "require": {"roles": ["a", "a", ""]}}
    → g:2:60: error: 'a' is listed twice
    → g:2:65: error: expected a string that is not empty
    {"path": "/a", "upstream": "u", "auth": "none", "require": {"roles": ["a"]}}
    → g:2:49: error: 'require' has no effect beside "auth": "none": a request without a token passes. Only 'claims' that begin with 'tls:' do, which a client's certificate must show
    {"path": "/a", "upstream": "u", "auth": "optional", "require": {"roles": ["a"]}}
    → g:2:53: error: 'require' has no effect beside "auth": "optional": a request without a token passes. Only 'claims' that begin with 'tls:' do, which a client's certificate must show
    {"path": "/a", "upstream": "u", "strip_prefix": "/b"}
    → g:2:49: error: "/b" is not what the paths of this route begin with: "/a" is
    {"path": "/a", "upstream": "u", "strip_prefix": "/"}
    → g:2:49: error: "/" strips nothing; leave 'strip_prefix' out
    {"path": "/a", "upstream": "u", "strip_prefix": "a"}
    → g:2:49: error: "a" is not a path: it begins with '/'
    {"path": "/a", "upstream": "u", "strip_prefix": "/ab"}
    → g:2:49: error: "/ab" is not what the paths of this route begin with: "/a" is
    {"path": "/a", "upstream": "u", "strip_prefix": true}
    → g:2:49: error: expected a string, found true
    {"path": "/a", "upstream": "u", "add_prefix": "/"}
    → g:2:47: error: "/" adds nothing; leave 'add_prefix' out
    {"path": "/a", "upstream": "u", "add_prefix": "v1"}
    → g:2:47: error: "v1" is not a path: it begins with '/'
    {"path": "/a", "upstream": "u", "add_prefix": "/v1/../v2"}
    → g:2:47: error: "/v1/../v2" is not spelt as requests are matched: write "/v2"
    {"path": "/a", "upstream": "u", "host_header": "origin"}
    → g:2:48: error: expected "keep" or "upstream", found "origin"
    {"path": "/a", "upstream": "u", "request_headers": {"set": {"Host": "a", "Connection": "close", "X-Forwarded-For": "1", "X_Auth_User": "root"}}}
    → g:2:61: error: 'Host' can't stand here: use 'host_header'
    → g:2:74: error: 'Connection' can't stand here: the gateway writes it for every connection anew
    → g:2:97: error: 'X-Forwarded-For' can't stand here: the gateway sets it itself
    → g:2:121: error: 'X_Auth_User' can't stand here: upstreams take 'X-Auth-User' for the caller's identity ('auth.identity_headers')
    {"path": "/a", "upstream": "u", "request_headers": {"set": {"X-A": "1"}, "remove": ["x-a", "x-b", "X-B", 1, "a b"]}}
    → g:2:85: error: 'x-a' is both set and removed; 'set' alone replaces what was there
    → g:2:99: error: 'X-B' is listed twice
    → g:2:106: error: expected a string, found a number
    → g:2:109: error: 'a b' is no header name
    {"path": "/a", "upstream": "u", "request_headers": {"sets": {}}}
    → g:2:53: error: unknown key 'sets' in a change of headers; did you mean 'set'?
    {"path": "/a", "upstream": "u", "request_headers": {"add": ["X-A"]}}
    → g:2:60: error: expected an object, found a list: write {"NAME": …}
    {"path": "/a", "upstream": "u", "response_headers": {"set": {"Transfer-Encoding": "chunked", "X-B": "é"}}}
    → g:2:62: error: 'Transfer-Encoding' can't stand here: the gateway writes it for every connection anew
    → g:2:101: error: a header's value holds visible ASCII characters, and spaces and tabs only between them
    {"path": "/a", "upstream": "u", "encoded_slashes": true}
    → g:2:52: error: expected "allow" or "refuse", found true
    {"path": "/a", "upstream": "u", "max_body": 10}
    → g:2:45: error: a size is a string with a unit, such as "16KiB", found a number
    {"path": "/a", "upstream": "u", "max_body": "none"}
    → g:2:45: error: "none" is not a size: write a whole number and B, KiB, MiB or GiB, such as "16KiB"
    {"path": "/a", "upstream": "u", "timeout": "0ms"}
    → g:2:44: error: "0ms" is out of range: expected a duration from 1ms to 3650d
    {"path": "/a", "upstream": "u", "cors": {}}
    → g:2:41: error: 'origins' is missing
    {"path": "/a", "upstream": "u", "cors": {"origins": []}}
    → g:2:53: error: expected a list with at least one entry
    {"path": "/a", "upstream": "u", "cors": {"origins": ["*"], "credentials": true}}
    → g:2:75: error: 'credentials' for every origin would let any page act as the user; list the origins
    {"path": "/a", "upstream": "u", "cors": {"origins": ["*", "https://a"]}}
    → g:2:54: error: "*" is every origin; it stands alone
    {"path": "/a", "upstream": "u", "cors": {"origins": ["https://a/", "https://A", "a.example", "https://a:443", "null", "https://a b"]}}
    → g:2:54: error: "https://a/" is not an origin: write "https://a", without a path or final slash
    → g:2:68: error: "https://A" is not as browsers write it: write "https://a"
    → g:2:81: error: "a.example" is not an origin: write scheme and host, such as "https://app.example.com"
    → g:2:94: error: "https://a:443" is not as browsers write it: leave out the default port
    → g:2:111: error: "null" is the origin of every sandboxed page and of files; it can't be trusted
    → g:2:119: error: "https://a b" is not an origin: write scheme and host, such as "https://app.example.com"
    {"path": "/a", "upstream": "u", "cors": {"origins": ["https://a"], "methods": ["get"], "headers": ["*"], "expose": ["a b"], "max_age": "1500ms"}}
    → g:2:80: error: methods are written in upper case: write "GET"
    → g:2:100: error: "*" is not understood by every browser; name the headers
    → g:2:117: error: 'a b' is no header name
    → g:2:136: error: a browser counts whole seconds
    {"path": "/a", "upstream": "u", "cors": null}
    → g:2:41: error: 'cors' is an object, found null: write {"origins": …}
    {"path": "/a", "upstream": "u", "allow_addresses": []}
    → g:2:52: error: expected a list with at least one entry
    {"path": "/a", "upstream": "u", "allow_addresses": ["10.0.0.0/8", "10.0.0.1/8"]}
    → g:2:67: error: "10.0.0.1/8" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8"
    {"path": "/a", "upstream": "u", "deny_addresses": ["fe80::/129"]}
    → g:2:52: error: "fe80::/129" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8"
    {"exact": "/a", "respond": {}}
    → g:2:28: error: 'status' is missing
    {"exact": "/a", "respond": {"status": 199}}
    → g:2:39: error: expected a whole number from 200 to 599
    {"exact": "/a", "respond": {"status": 600}}
    → g:2:39: error: expected a whole number from 200 to 599
    {"exact": "/a", "respond": {"status": 200, "body": "a", "json": 1}}
    → g:2:57: error: an answer has 'body' or 'json', not both
    {"exact": "/a", "respond": {"status": 204, "body": "a"}}
    → g:2:44: error: an answer with status 204 has no body
    {"exact": "/a", "respond": {"status": 200, "body": 1}}
    → g:2:52: error: expected a string, found a number
    {"exact": "/a", "respond": {"status": 200, "headers": {"Content-Length": "1"}}}
    → g:2:56: error: 'Content-Length' can't stand here: the gateway writes it for every connection anew
    {"exact": "/a", "respond": {"status": 200}, "strip_prefix": "/a", "timeout": "1s"}
    → g:2:45: error: 'strip_prefix' has no effect beside 'respond': nothing is forwarded
    → g:2:67: error: 'timeout' has no effect beside 'respond': nothing is forwarded
    {"exact": "/a", "redirect": {}}
    → g:2:29: error: 'location' is missing
    {"exact": "/a", "redirect": {"status": 300, "location": "/b"}}
    → g:2:40: error: expected 301, 302, 303, 307 or 308
    {"exact": "/a", "redirect": {"location": "/a b"}}
    → g:2:42: error: a location is a URL: visible ASCII characters, others percent-encoded
    {"exact": "/a", "redirect": {"location": "/a"}, "request_headers": {}}
    → g:2:49: error: 'request_headers' has no effect beside 'redirect': nothing is forwarded
    {"path": "/a%2fb", "encoded_slashes": "allow", "upstream": "u"}
    → g:2:10: error: "/a%2fb" is not spelt as requests are matched: write "/a%2Fb"
    {"path": "/a", "upstream": "u", "cors": {"origins": ["https://a"]}, "response_headers": {"remove": ["access-control-allow-origin"]}}
    → g:2:69: error: 'access-control-allow-origin' can't be changed where 'cors' is configured
    {"path": "/a", "upstream": "u", "request_headers": {"remove": ["X.Auth.Roles"]}}
    → g:2:64: error: 'X.Auth.Roles' can't stand here: upstreams take 'X-Auth-Roles' for the caller's identity ('auth.identity_headers')
    {"path": "/a", "upstream": "u", "require": {"claims": {"": 1}}}
    → g:2:56: error: a claim has a name
    {"path": "/a", "upstream": "u", "headers": {"X-A": "${UNSET}"}, "host": "${UNSET}"}
    → g:2:52: error: the environment variable 'UNSET' is not set
    → g:2:73: error: the environment variable 'UNSET' is not set
    {"path": "/a", "upstream": "u", "respond": 1}
    → g:2:33: error: a route has one of 'upstream', 'respond' and 'redirect', this one has 'upstream' and 'respond'
    {"exact": "/a", "respond": 1}
    → g:2:28: error: 'respond' is an object, found a number: write {"status": …}
    {"exact": "/a", "redirect": "/b"}
    → g:2:29: error: 'redirect' is an object, found a string: write {"location": "/b"}
    """#)

  /// Routes that no request can tell apart.
  static let conflicts = cases(
    .route,
    #"""
    {"exact": "/u", "upstream": "u"}
    → g:2:1: error: a request for "/u" could take this route or the one at line 1, column 184: neither is more specific
    {"path": "/a", "upstream": "u"},
    {"path": "/a/", "upstream": "u"}
    → g:3:1: error: a request for "/a" could take this route or the one at line 2, column 1: neither is more specific
    {"path": "/a", "methods": ["GET", "POST"], "upstream": "u"},
    {"path": "/a", "methods": ["POST", "PUT"], "upstream": "u"}
    → g:3:1: error: a POST request for "/a" could take this route or the one at line 2, column 1: neither is more specific
    {"path": "/a", "headers": {"X": "1"}, "upstream": "u"},
    {"path": "/a", "headers": {"Y": "1"}, "upstream": "u"}
    → g:3:1: error: a request for "/a" could take this route or the one at line 2, column 1: neither is more specific
    {"path": "/a", "headers": {"X": "1"}, "upstream": "u"},
    {"path": "/a", "headers": {"x": "1"}, "upstream": "u"}
    → g:3:1: error: a request for "/a" could take this route or the one at line 2, column 1: neither is more specific
    {"path": "/a", "host": "a.example", "upstream": "u"},
    {"path": "/a", "host": "A.example.", "upstream": "u"}
    → g:3:1: error: a request for "/a" could take this route or the one at line 2, column 1: neither is more specific
    {"path": "/a", "host": "*.a.example", "upstream": "u"},
    {"path": "/a", "host": "*.A.example", "upstream": "u"}
    → g:3:1: error: a request for "/a" could take this route or the one at line 2, column 1: neither is more specific
    {"path": "/a", "upstream": "u"},
    {"path": "/a", "upstream": "u"},
    {"path": "/a", "upstream": "u"}
    → g:3:1: error: a request for "/a" could take this route or the one at line 2, column 1: neither is more specific
    → g:4:1: error: a request for "/a" could take this route or the one at line 2, column 1: neither is more specific
    """#)
}
