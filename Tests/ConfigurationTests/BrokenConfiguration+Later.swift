extension BrokenConfiguration {
  /// Values that the interface has and this version does not take; they are never offered where another value is wrong.
  static let laterValues = cases(
    .whole,
    #"""
    {"listen": ["systemd", "systemd:web"], "routes": [{"exact": "/", "auth": "none", "respond": {"status": 200}}]}
    → g:1:13: error: a socket from systemd is not supported yet by this version
    → g:1:24: error: a socket from systemd is not supported yet by this version
    {"listen": ["127.0.0.1:80"], "upstreams": {"u": {"servers": ["a:1"]}}, "routes": [{"exact": "/", "auth": "none", "upstream": [{"name": "u", "weight": 1}]}]}
    → g:1:44: warning: no route leads to the upstream 'u'
    → g:1:126: error: a list of upstreams is not supported yet by this version
    {"listen": ["127.0.0.1:80"], "accounts": {"store": "postgres://db/a", "signing": {"key_directory": "store"}, "browser": {}}, "routes": [{"exact": "/", "respond": {"status": 200}}]}
    → g:1:52: error: a store in PostgreSQL is not supported yet by this version
    → g:1:100: error: keys in the store are not supported yet by this version; write "./store" for a directory of that name
    → g:1:110: error: 'browser' is not supported yet by this version
    {"listen": ["127.0.0.1:80"], "upstreams": {"u": {"servers": ["a:1"], "balance": {"hash": "user"}}, "v": {"servers": ["a:1"], "balance": "least_requests"}, "w": {"servers": ["a:1"], "balance": "leastrequests"}, "x": {"servers": ["a:1"], "balance": true}}, "routes": [{"exact": "/u", "auth": "none", "upstream": "u"}, {"exact": "/v", "auth": "none", "upstream": "v"}, {"exact": "/w", "auth": "none", "upstream": "w"}, {"exact": "/x", "auth": "none", "upstream": "x"}]}
    → g:1:81: error: 'hash' is not supported yet by this version
    → g:1:137: error: "least_requests" is not supported yet by this version
    → g:1:193: error: expected "round_robin", found "leastrequests"
    → g:1:248: error: expected "round_robin", found true
    """#)
}
