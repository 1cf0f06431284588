extension BrokenConfiguration {
  /// Listeners: their TLS, where they send requests, and which peers they take.
  static let listenerTLS = cases(
    .whole,
    #"""
    {"listen": [{"address": "a:1", "tls": true}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:39: error: 'tls' is an object, found true: write {"certificates": …}
    {"listen": [{"address": "a:1", "tls": {}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:39: error: 'certificates' is missing: name the files, such as [{"certificate": "tls/site.pem", "key": "tls/site.key"}]
    {"listen": [{"address": "a:1", "tls": {"acme": {"agree": true}}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:40: error: 'acme' is not supported yet by this version
    {"listen": [{"address": "a:1", "tls": {"certificates": []}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:56: error: expected a list with at least one entry
    {"listen": [{"address": "a:1", "tls": {"certificates": [{"certificate": "a.pem"}, {"key": "a.key"}, {}, "a.pem"]}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:57: error: 'key' is missing
    → g:1:83: error: 'certificate' is missing
    → g:1:101: error: 'certificate' is missing
    → g:1:101: error: 'key' is missing
    → g:1:105: error: a certificate is an object, found a string: write {"certificate": …}
    {"listen": [{"address": "a:1", "tls": {"certificates": [{"certificate": "a.pem", "key": "a.key"}, {"certificate": "./a.pem", "key": "b.key"}]}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:115: error: 'a.pem' is listed already, at line 1, column 73
    {"listen": [{"address": "a:1", "tls": {"certificates": [{"certificate": "a.pem", "key": "a.key"}], "min_version": 1.2, "strict_sni": 1, "tickets": "no", "hsts": 31536000}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:115: error: expected "1.2" or "1.3", found a number: write it in quotes
    → g:1:134: error: expected true or false, found a number
    → g:1:148: error: expected true or false, found a string
    → g:1:162: error: a duration is a string with a unit, such as "30s", found a number
    {"listen": [{"address": "a:1", "tls": {"certificates": [{"certificate": "a.pem", "key": "a.key"}], "min_version": "1.1", "hsts": "1500ms"}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:115: error: expected "1.2" or "1.3", found "1.1"; did you mean "1.2"?
    → g:1:130: error: expected whole seconds
    {"listen": [{"address": "a:1", "tls": {"certificates": [{"certificate": "a.pem", "key": "a.key"}], "client_certificates": {"mode": "optional"}}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:123: error: 'ca' is missing
    {"listen": [{"address": "a:1", "tls": {"certificates": [{"certificate": "a.pem", "key": "a.key"}], "client_certificates": {"ca": "", "mode": "request", "crl": 1}}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:130: error: expected a string that is not empty
    → g:1:142: error: expected "required" or "optional", found "request"
    → g:1:160: error: expected a string, found a number
    {"listen": [{"address": "a:1", "http2": "yes", "redirect": "http", "forward_auth": true}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:41: error: expected true or false, found a string
    → g:1:60: error: expected "https", or "https:" and a port, such as "https:8443", found "http": every request is sent to the same URL there
    → g:1:68: error: 'forward_auth' is not supported yet by this version
    {"listen": [{"address": "a:1", "redirect": "https:0"}, {"address": "a:2", "redirect": "https:+8443"}, {"address": "a:3", "redirect": "https://a"}, {"address": "a:4", "redirect": true}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:44: error: expected "https", or "https:" and a port, such as "https:8443", found "https:0": every request is sent to the same URL there
    → g:1:87: error: expected "https", or "https:" and a port, such as "https:8443", found "https:+8443": every request is sent to the same URL there
    → g:1:134: error: expected "https", or "https:" and a port, such as "https:8443", found "https://a": every request is sent to the same URL there
    → g:1:179: error: expected "https", or "https:" and a port, such as "https:8443", found true: every request is sent to the same URL there
    {"listen": [{"address": "a:8443", "redirect": "https:8443", "tls": {"certificates": [{"certificate": "a.pem", "key": "a.key"}]}}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:35: error: 'redirect' leads back to this listener, for ever: leave it out
    {"listen": [{"address": "a:1", "proxy_protocol": "10.0.0.0/8"}, {"address": "a:2", "proxy_protocol": []}, {"address": "a:3", "proxy_protocol": ["10.0.0.1/8", "unix"]}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:50: error: expected true, or a list of the networks that the load balancers are in, such as ["10.0.0.0/8"], found a string
    → g:1:102: error: expected a list with at least one entry
    → g:1:145: error: "10.0.0.1/8" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8"
    → g:1:159: error: "unix" is not a network: write an address, or one and its prefix with no bits behind it, such as "10.0.0.0/8"
    {"listen": [{"address": "unix:a", "proxy_protocol": ["127.0.0.1"]}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:53: error: peers of a Unix socket have no address that networks could hold: write true, and see 'mode' and 'group' for who may connect
    {"listen": ["a:1"], "admin": {"listen": "a:2", "tls": {"certificates": [{"certificate": "a.pem"}], "ca": "c"}}, "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:73: error: 'key' is missing
    → g:1:100: error: unknown key 'ca' in 'tls'; it belongs in an entry of 'auth.issuers', 'client_certificates' of a listener or 'tls' of an upstream
    {"listen": ["a:1"], "limits": {"handshake_timeout": "0s"}, "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:53: error: "0s" is out of range: expected a duration from 1ms to 3650d
    """#)

  /// The TLS of upstreams.
  static let upstreamTLS = cases(
    .top,
    #"""
    "upstreams": {"u": {"servers": ["a:1"], "tls": "yes", "protocol": "http2"}, "v": {"servers": ["a:1"], "protocol": "auto"}, "w": {"servers": ["a:1"], "protocol": "h2"}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:48: error: 'tls' is true or an object, found a string
    → g:2:67: error: "http2" is not supported yet by this version
    → g:2:77: warning: no route leads to the upstream 'v'
    → g:2:115: error: "auto" is not supported yet by this version
    → g:2:124: warning: no route leads to the upstream 'w'
    → g:2:162: error: expected "http1", found "h2"
    "upstreams": {"u": {"servers": ["a:1", "unix:b"], "tls": true}, "v": {"servers": ["unix:b"], "tls": {"ca": "c.pem"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:58: error: 'server_name' is missing: the certificate of 'unix:b' can't be told by its address; write {"server_name": "NAME"}
    → g:2:65: warning: no route leads to the upstream 'v'
    → g:2:101: error: 'server_name' is missing: the certificate of 'unix:b' can't be told by its address; write {"server_name": "NAME"}
    "upstreams": {"u": {"servers": ["unix:b"], "tls": {"server_name": "a:1", "certificate": "c.pem", "verify": 0, "min_version": 1.3}}, "v": {"servers": ["a:1"], "tls": {"key": "c.key", "sni": "a"}}}
    → g:2:15: warning: no route leads to the upstream 'u'
    → g:2:67: error: 'a:1' is no host name, without a port, and no IP address
    → g:2:74: error: 'certificate' needs 'key' beside it
    → g:2:108: error: expected true or false, found a number
    → g:2:126: error: expected "1.2" or "1.3", found a number: write it in quotes
    → g:2:133: warning: no route leads to the upstream 'v'
    → g:2:167: error: 'key' needs 'certificate' beside it
    → g:2:183: error: unknown key 'sni' in 'tls'
    """#)

  /// Conditions on client certificates.
  static let certificates = cases(
    .route,
    #"""
    {"path": "/a", "upstream": "u", "require": {"claims": {"tls:sub": "a", "tls:": "a", "tls:subject.cn": "a"}}}
    → g:2:56: error: 'tls:sub' is nothing that is told of a client certificate: "tls:subject", "tls:san" or "tls:fingerprint"
    → g:2:72: error: 'tls:' is nothing that is told of a client certificate: "tls:subject", "tls:san" or "tls:fingerprint"
    → g:2:85: error: 'tls:subject.cn' is nothing that is told of a client certificate: "tls:subject", "tls:san" or "tls:fingerprint"
    {"path": "/a", "upstream": "u", "require": {"claims": {"tls:subject": ["alice", 1], "tls:san": ["a.example", "DNS:", "dns:a"], "tls:fingerprint": "AA:BB"}}}
    → g:2:72: error: "alice" is never the 'tls:subject' of a certificate: write the whole name as RFC 4514 has it, such as "CN=alice,O=Example"
    → g:2:81: error: expected a string, found a number
    → g:2:97: error: "a.example" is never the 'tls:san' of a certificate: write its kind first, such as "DNS:a.example", "URI:…", "email:…" or "IP:…"
    → g:2:110: error: "DNS:" is never the 'tls:san' of a certificate: write its kind first, such as "DNS:a.example", "URI:…", "email:…" or "IP:…"
    → g:2:118: error: "dns:a" is never the 'tls:san' of a certificate: write its kind first, such as "DNS:a.example", "URI:…", "email:…" or "IP:…"
    → g:2:147: error: "AA:BB" is never the 'tls:fingerprint' of a certificate: write its SHA-256 digest in 64 lower-case hexadecimal digits, without colons
    """#)

  /// The same where no token is asked for.
  static let certificateRoutes = cases(
    .route,
    #"""
    {"path": "/a", "upstream": "u", "auth": "certificate", "require": {"roles": ["a"], "claims": {"tls:subject": "CN=a"}}}
    → g:2:1: warning: no request gets through here: this route asks for a client's certificate, and no listener does ('client_certificates' of its 'tls')
    → g:2:56: error: 'require' has no effect beside "auth": "certificate": tokens are not looked at. Only 'claims' that begin with 'tls:' do, which a client's certificate must show
    {"path": "/a", "upstream": "u", "auth": "none", "require": {"claims": {"sub": "a", "tls:subject": "CN=a"}}}
    → g:2:1: warning: no request gets through here: this route asks for a client's certificate, and no listener does ('client_certificates' of its 'tls')
    → g:2:49: error: 'require' has no effect beside "auth": "none": a request without a token passes. Only 'claims' that begin with 'tls:' do, which a client's certificate must show
    {"path": "/a", "upstream": "u", "auth": "optional", "require": {"issuer": "i"}}
    → g:2:53: error: 'require' has no effect beside "auth": "optional": a request without a token passes. Only 'claims' that begin with 'tls:' do, which a client's certificate must show
    """#)

  static let certificateWarnings = cases(
    .route,
    #"""
    {"path": "/a", "upstream": "u", "auth": "certificate"}
    → g:2:1: warning: no request gets through here: this route asks for a client's certificate, and no listener does ('client_certificates' of its 'tls')
    """#)

  static let tlsWarnings = cases(
    .whole,
    #"""
    {"listen": [{"address": "0.0.0.0:1", "proxy_protocol": true}, {"address": "127.0.0.1:1", "proxy_protocol": true}, {"address": "[::1]:1", "proxy_protocol": true}, {"address": "localhost:2", "proxy_protocol": true}, {"address": "unix:a", "proxy_protocol": true}, {"address": "0.0.0.0:2", "proxy_protocol": ["10.0.0.0/8"]}, {"address": "[::]:3", "proxy_protocol": true}, {"address": "a:3", "proxy_protocol": false}], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:56: warning: whoever can connect to '0.0.0.0:1' can name any address as its own: list the networks that the load balancers are in
    → g:1:362: warning: whoever can connect to '[::]:3' can name any address as its own: list the networks that the load balancers are in
    {"listen": ["127.0.0.1:80"], "upstreams": {"u": {"servers": ["a:1"], "tls": {"verify": false}}, "v": {"servers": ["a:1"], "tls": {"verify": true}}, "w": {"servers": ["unix:b"], "tls": false}}, "routes": [{"exact": "/u", "auth": "none", "upstream": "u"}, {"exact": "/v", "auth": "none", "upstream": "v"}, {"exact": "/w", "auth": "none", "upstream": "w"}]}
    → g:1:78: warning: anybody on the way to these servers can pass for them: leave 'verify' out, and name their authorities in 'ca'
    """#)
}
