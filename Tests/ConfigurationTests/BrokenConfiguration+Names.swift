extension BrokenConfiguration {
  /// Names of fields in routes, and origins with wildcards.
  static let names = cases(
    .route,
    #"""
    {"path": "/a", "upstream": "u", "headers": {"X-Forwarded-Proto": "https", "X-Forwarded-User": "a", "Forwarded": "for=a", "X-Real-IP": "a", "X-Request-Id": "a"}}
    → g:2:45: error: 'X-Forwarded-Proto' can't stand here: any client could send it, and the gateway removes it; set 'trusted_proxies', and it counts from these alone
    → g:2:75: error: 'X-Forwarded-User' can't stand here: any client could send it, and the gateway removes it; set 'trusted_proxies', and it counts from these alone
    → g:2:100: error: 'Forwarded' can't stand here: any client could send it, and the gateway removes it; set 'trusted_proxies', and it counts from these alone
    → g:2:122: error: 'X-Real-IP' can't stand here: any client could send it, and the gateway removes it; set 'trusted_proxies', and it counts from these alone
    → g:2:140: error: 'X-Request-Id' can't stand here: any client could send it, and the gateway removes it; set 'trusted_proxies', and it counts from these alone
    {"path": "/a", "upstream": "u", "headers": {"X-Original-URL": "/", "X-Rewrite-URL": "/", "X-HTTP-Method-Override": "PUT", "x_method.override": "PUT"}}
    → g:2:45: error: 'X-Original-URL' can't stand here: the gateway removes it from every request
    → g:2:68: error: 'X-Rewrite-URL' can't stand here: the gateway removes it from every request
    → g:2:90: error: 'X-HTTP-Method-Override' can't stand here: the gateway removes it from every request
    → g:2:123: error: 'x_method.override' can't stand here: the gateway removes it from every request
    {"path": "/a", "upstream": "u", "headers": {"User_Agent": "a", "Content.Type": "b"}}
    → g:2:45: error: 'User_Agent' can't stand here: an upstream might take it for 'user-agent'; write that
    → g:2:64: error: 'Content.Type' can't stand here: an upstream might take it for 'content-type'; write that
    {"path": "/a", "upstream": "u", "headers": {"X-Mode": "a"}, "request_headers": {"set": {"X_Mode": "b"}, "add": {"x-mode": "c"}, "remove": ["X.Mode"]}}
    → g:2:89: error: 'X_Mode' can't be told from 'X-Mode' at line 2, column 45: an upstream may fold one onto the other
    {"path": "/a", "upstream": "u", "headers": {"X-Mode": "a"}, "cors": {"origins": ["https://a"], "headers": ["x.mode"]}}
    → g:2:108: error: 'x.mode' can't be told from 'X-Mode' at line 2, column 45: an upstream may fold one onto the other
    {"path": "/a", "upstream": "u", "headers": {"X-Mode": "a"}}, {"path": "/b", "upstream": "u", "headers": {"X_MODE": "a"}}
    → g:2:106: error: 'X_MODE' can't be told from 'X-Mode' at line 2, column 45: an upstream may fold one onto the other
    {"path": "/a", "upstream": "u", "cors": {"origins": ["https://*example.com", "https://*", "https://a.*.com", "https://*.*.com", "*://a.example", "https://*.", "https://a.example.*", "https://*.1.2.3.4", "https://*.[::1]"]}}
    → g:2:54: error: "https://*example.com" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:78: error: "https://*" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:91: error: "https://a.*.com" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:110: error: "https://*.*.com" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:129: error: "*://a.example" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:146: error: "https://*." is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:160: error: "https://a.example.*" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:183: error: "https://*.1.2.3.4" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:204: error: "https://*.[::1]" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    {"path": "/a", "upstream": "u", "cors": {"origins": ["https://*.a.com:0", "https://*.a.com:x", "https://*.a.com:", "https://*.a.com:65536", "https://*.a.com:080"]}}
    → g:2:54: error: "https://*.a.com:0" is not an origin: a port is a number from 1 to 65535
    → g:2:75: error: "https://*.a.com:x" is not an origin: a port is a number from 1 to 65535
    → g:2:96: error: "https://*.a.com:" is not an origin: a port is a number from 1 to 65535
    → g:2:116: error: "https://*.a.com:65536" is not an origin: a port is a number from 1 to 65535
    → g:2:141: error: "https://*.a.com:080" is not an origin: a port is a number from 1 to 65535
    {"path": "/a", "upstream": "u", "cors": {"origins": ["https://*.a.com:443", "https://*.a.com/", "https://*.A.com", "chrome-extension://*.a.b", "https://*.a.com:1:2"]}}
    → g:2:54: error: "https://*.a.com:443" is not as browsers write it: leave out the default port
    → g:2:77: error: "https://*.a.com/" is not an origin: write "https://*.a.com", without a path or final slash
    → g:2:97: error: "https://*.A.com" is not as browsers write it: write "https://*.a.com"
    → g:2:116: error: "chrome-extension://*.a.b" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    → g:2:144: error: "https://*.a.com:1:2" is not an origin: a '*' stands for whole labels at the front of the host, as in "https://*.example.com"
    """#)

  /// Names of fields at the top.
  static let topNames = cases(
    .top,
    #"""
    "auth": {"token_from": [{"header": "X-Forwarded-Access-Token"}, {"header": "X-Original-Token"}]}
    → g:2:36: error: 'X-Forwarded-Access-Token' can't stand here: any client could send it, and the gateway removes it; set 'trusted_proxies', and it counts from these alone
    → g:2:76: error: 'X-Original-Token' can't stand here: the gateway removes it from every request
    "trusted_proxies": [], "auth": {"token_from": [{"header": "X-Forwarded-Access-Token"}]}
    → g:2:59: error: 'X-Forwarded-Access-Token' can't stand here: any client could send it, and the gateway removes it; set 'trusted_proxies', and it counts from these alone
    "trusted_proxies": ["10.0.0.0/8"], "auth": {"token_from": [{"header": "X-Forwarded-Access-Token"}, {"header": "X-Token"}, {"header": "X_Token"}, {"header": "X_Forwarded_Token"}]}
    → g:2:134: error: 'X_Token' can't be told from 'X-Token' at line 2, column 111: an upstream may fold one onto the other
    → g:2:157: error: 'X_Forwarded_Token' can't stand here: an upstream might take it for 'x-forwarded-token'; write that
    "auth": {"identity_headers": {"X-Forwarded-Port": "sub", "X-HTTP-Method": "sub", "X_Method_Override": "sub"}}
    → g:2:31: error: 'X-Forwarded-Port' can't stand here: it means something else already
    → g:2:58: error: 'X-HTTP-Method' can't stand here: it means something else already
    → g:2:82: error: 'X_Method_Override' can't stand here: it means something else already
    """#)

  /// Origins that nearly everybody has.
  static let nameWarnings = cases(
    .route,
    #"""
    {"path": "/a", "upstream": "u", "cors": {"origins": ["https://*.com", "http://*.localhost:3000", "https://*.example.com"]}}
    → g:2:54: warning: "https://*.com" lists every site whose name ends in '.com'
    """#)
}
