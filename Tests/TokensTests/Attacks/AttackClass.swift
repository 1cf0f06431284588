/// The kinds of faults in other gateways and libraries, by the row of the project's list of published failures.
enum AttackClass {
  static let names: [Int: String] = [
    1: "alg none (jose-swift GHSA-88q6-jcjg-hvmw)",
    2: "a public key taken for a secret (CVE-2015-9235, CVE-2022-29217)",
    3: "a JWK without alg obeys the token (CVE-2026-22817)",
    4: "algorithm not compared before the key is chosen (CVE-2026-39999)",
    5: "signature length not checked (CVE-2020-28042)",
    6: "psychic signatures (CVE-2022-21449)",
    7: "raw and DER signatures confused (HAProxy jwt)",
    8: "a key from the token's header (CVE-2018-0114)",
    9: "kid as a path or a query",
    10: "crit ignored (CVE-2025-59420)",
    11: "b64 in a JWT (RFC 7797)",
    12: "split on dots (CVE-2025-30204)",
    13: "encrypted and compressed tokens (CVE-2024-28180)",
    14: "work factors from the token (CVE-2023-31582)",
    15: "numbers that burn time or lie (CVE-2025-11230)",
    16: "hostile JSON (CVE-2022-1642)",
    19: "a removed key (oathkeeper#763)",
    20: "registered claims of other types (CVE-2025-30144)",
    21: "duplicate members (CVE-2017-12635)",
    24: "several spellings of one token",
    26: "a token of another kind (RFC 8725 §3.11)",
  ]

  static func description(_ row: Int, _ name: String) -> String { "\(row), \(names[row] ?? "unnamed"): \(name)" }
}
