import Testing

@testable import Transport

@Suite struct `Processors for a process` {
  static let unified = "36 25 0:31 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
  static let legacy = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"

  static func quota(cgroup: String, mounts: String = unified, _ files: [String: String]) -> Double? {
    CgroupQuota.processors { path in
      switch path {
      case "/proc/self/cgroup": cgroup
      case "/proc/self/mountinfo": mounts
      default: files[path]
      }
    }
  }

  static let quotas: [(String, Double?)] = [
    ("50000 100000", 0.5), ("150000 100000\n", 1.5), ("200000 50000", 4), ("max 100000", nil), ("100000", 1),
    ("", nil), ("0 100000", nil), ("nonsense", nil), ("100000 0", nil),
  ]

  @Test(arguments: quotas) func `a quota is so many microseconds of each period`(text: String, expected: Double?) {
    #expect(Self.quota(cgroup: "0::/a\n", ["/sys/fs/cgroup/a/cpu.max": text]) == expected)
  }

  @Test func `of nested cgroups the least counts, whichever it is`() {
    let files = ["a/b/cpu.max": "300000 100000", "a/cpu.max": "200000 100000", "cpu.max": "max 100000"]
    let paths = files.reduce(into: [:]) { $0["/sys/fs/cgroup/" + $1.key] = $1.value }
    #expect(Self.quota(cgroup: "0::/a/b/c\n", paths) == 2)
    let less = paths.merging(["/sys/fs/cgroup/a/b/cpu.max": "50000 100000"]) { $1 }
    #expect(Self.quota(cgroup: "0::/a/b\n", less) == 0.5)
    #expect(Self.quota(cgroup: "0::/\n", ["/sys/fs/cgroup/cpu.max": "70000 100000"]) == 0.7)
  }

  @Test func `so it does in the older kind, where -1 is no quota`() {
    let cgroup = "9:name=systemd:/x\n3:cpuset:/y\n1:cpu,cpuacct:/a/b\n0::/\n"
    var files = [
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "250000\n", "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
    ]
    #expect(Self.quota(cgroup: cgroup, mounts: Self.legacy, files) == 2.5)
    files["/sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us"] = "20000"
    files["/sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us"] = "10000"
    #expect(Self.quota(cgroup: cgroup, mounts: Self.legacy, files) == 2)
  }

  @Test func `a container sees its own cgroup where the mount begins`() {
    let mounts = "32 31 0:29 /docker/abc /cg rw - cgroup2 cgroup rw\n"
    let files = ["/cg/cpu.max": "300000 100000", "/cg/sub/cpu.max": "100000 100000"]
    #expect(Self.quota(cgroup: "0::/docker/abc/sub", mounts: mounts, files) == 1)
    #expect(Self.quota(cgroup: "0::/docker/abc", mounts: mounts, files) == 3)
    #expect(Self.quota(cgroup: "0::/../../other", mounts: mounts, files) == 3)
  }

  @Test func `the usual places count where the mounts can't be read`() {
    #expect(Self.quota(cgroup: "0::/", mounts: "", ["/sys/fs/cgroup/cpu.max": "100000 100000"]) == 1)
    let both = "/sys/fs/cgroup/cpu,cpuacct/"
    let files = [both + "cpu.cfs_quota_us": "100000", both + "cpu.cfs_period_us": "50000"]
    #expect(Self.quota(cgroup: "4:cpu,cpuacct:/docker/x", mounts: "", files) == 2)
    #expect(Self.quota(cgroup: "", mounts: "", [:]) == nil)
  }

  static let counts: [(Int, Double?, Int)] = [
    (4, nil, 4), (4, 0.5, 1), (4, 1.0, 1), (4, 1.5, 2), (4, 2.0001, 3), (4, 3.2, 4), (2, 64, 2), (1, 0.01, 1),
  ]

  @Test(arguments: counts) func `there are as many as affinity and quota leave, rounded up`(
    affinity: Int, quota: Double?, count: Int
  ) {
    #expect(Processors.count(affinity: affinity, quota: quota) == count)
  }

  @Test func `this machine has one at least`() { #expect(1...Thread.usableProcessors ~= Processors.usable) }
}
