extension BrokenConfiguration {
  /// Entries of 'auth.issuers'.
  static let issuers = cases(
    .top,
    #"""
    "auth": {"issuers": [{}]}
    → g:2:22: error: 'issuer' is missing
    → g:2:22: error: 'audience' is missing: name whom tokens are for, or say "any"
    → g:2:22: error: the issuer's keys are missing: one of 'jwks', 'discover', 'public_key_file' and 'secret_file'
    "auth": {"issuers": [{"issuer": "i", "audience": null, "secret_file": "s"}, {"issuer": "j", "audience": 5, "secret_file": "s"}]}
    → g:2:50: error: 'audience' is a string, a list of strings or "any", found null
    → g:2:105: error: 'audience' is a string, a list of strings or "any", found a number
    "auth": {"issuers": [{"issuer": "", "audience": [], "secret_file": ""}]}
    → g:2:33: error: expected a string that is not empty
    → g:2:49: error: expected a list with at least one entry
    → g:2:68: error: expected a string that is not empty
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "j", "algorithms": ["none", "HS265", "ES256", "ES256"]}]}
    → g:2:83: error: 'none' is no algorithm: a token without a signature proves nothing
    → g:2:91: error: expected "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA" or "Ed25519", found "HS265"; did you mean "HS256"?
    → g:2:109: error: 'ES256' is listed twice
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "secret_file": "s"}, {"issuer": "i", "audience": "b", "secret_file": "t"}]}
    → g:2:87: error: the issuer 'i' is listed already, at line 2, column 33
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "secret_file": "s", "claims": {"subject": "", "roles": ["a"], "user": "x"}}]}
    → g:2:97: error: expected a string that is not empty
    → g:2:110: error: expected a string, found a list: write "a"
    → g:2:117: error: unknown key 'user' in 'claims' of an issuer
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "secret_file": "s", "claims": "sub"}]}
    → g:2:85: error: 'claims' of an issuer is an object, found a string: write {"subject": …}
    "auth": {"issuers": [{"issuer": "i", "audience": ["a", 1], "secret_file": "s", "max_ttl": "0s", "require_exp": "no", "leeway": "-1s"}]}
    → g:2:56: error: expected a string, found a number
    → g:2:91: error: "0s" is out of range: expected a duration from 1ms to 3650d
    → g:2:112: error: expected true or false, found a string
    → g:2:128: error: "-1s" is not a duration: write a whole number and ms, s, m, h or d, such as "30s"
    """#)

  /// Errors in the origin of an issuer's keys.
  static let keyOrigins = cases(
    .top,
    #"""
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "j", "secret_file": "s", "public_key_file": "p"}]}
    → g:2:68: error: 'jwks' and 'secret_file' exclude each other: an issuer's keys have one source
    → g:2:88: error: 'jwks' and 'public_key_file' exclude each other: an issuer's keys have one source
    "auth": {"issuers": [{"issuer": "https://i", "audience": "a", "discover": true, "secret_file": "s"}]}
    → g:2:81: error: 'discover' and 'secret_file' exclude each other: an issuer's keys have one source
    "auth": {"issuers": [{"issuer": "https://i", "audience": "a", "discover": false}]}
    → g:2:22: error: the issuer's keys are missing: one of 'jwks', 'discover', 'public_key_file' and 'secret_file'
    "auth": {"issuers": [{"issuer": "https://i", "audience": "a", "discover": "yes"}]}
    → g:2:75: error: expected true or false, found a string
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "discover": true}]}
    → g:2:55: error: 'discover' takes an issuer that is an 'https://' (or 'http://') URL without '?'
    "auth": {"issuers": [{"issuer": "https://i/?a=b", "audience": "a", "discover": true}]}
    → g:2:68: error: 'discover' takes an issuer that is an 'https://' (or 'http://') URL without '?'
    "auth": {"issuers": [{"issuer": "https://i#x", "audience": "a", "discover": true}]}
    → g:2:33: error: "https://i#x/.well-known/openid-configuration" is no URL that keys can be fetched from: '#' and what follows mean nothing to a server
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "ftp://a/b"}]}
    → g:2:63: error: "ftp://a/b" is no URL that keys can be fetched from: it begins with neither 'https://' nor 'http://'
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "https://a b/c"}]}
    → g:2:63: error: "https://a b/c" is no URL that keys can be fetched from: it holds characters that no URL has; escape them
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "https://me:pw@a/c"}]}
    → g:2:63: error: "https://me:pw@a/c" is no URL that keys can be fetched from: user names and passwords don't belong in it
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "https://127.1/c"}]}
    → g:2:63: error: "https://127.1/c" is no URL that keys can be fetched from: its host is neither a name nor an address, or its port no number from 1 to 65535
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "https://a.example:99999/c"}]}
    → g:2:63: error: "https://a.example:99999/c" is no URL that keys can be fetched from: its host is neither a name nor an address, or its port no number from 1 to 65535
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "https://a/c#d"}]}
    → g:2:63: error: "https://a/c#d" is no URL that keys can be fetched from: '#' and what follows mean nothing to a server
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "http://127.0.0.1/c", "ca": "ca.pem"}]}
    → g:2:85: error: 'ca' is for keys that are fetched over HTTPS, and these are not
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "secret_file": "s", "ca": "ca.pem"}]}
    → g:2:75: error: 'ca' is for keys that are fetched over HTTPS, and these are not
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "secret_file": "s", "algorithms": ["HS256", "RS256"]}]}
    → g:2:99: error: a shared secret can't serve RS256, which takes a public key
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "public_key_file": "p", "algorithms": ["HS256", "EdDSA"]}]}
    → g:2:94: error: a public key can't serve HS256, which takes a shared secret
    "auth": {"issuers": [{"issuer": "https://i", "audience": "a", "jwks": "https://i/j", "algorithms": ["HS512", "ES256"]}]}
    → g:2:101: error: HS512 takes a shared secret, and no secret is taken from a URL
    """#)

  /// Sources of keys that work, but not as they should.
  static let keyWarnings = cases(
    .top,
    #"""
    "auth": {"issuers": [{"issuer": "i", "audience": "a", "jwks": "http://login.example.com/keys"}]}
    → g:2:63: warning: keys that come over 'http://' can be replaced by anybody on their way: use 'https://'
    "auth": {"issuers": [{"issuer": "http://10.0.0.1", "audience": "a", "discover": true}]}
    → g:2:33: warning: keys that come over 'http://' can be replaced by anybody on their way: use 'https://'
    """#)
}
