/// Counts the processors that this process may use.
package enum Processors {
  /// As many as the process's affinity and the quotas of its cgroups leave, rounded up; at least 1.
  ///
  /// Blocks; not for a loop's thread.
  package static var usable: Int {
    count(affinity: Thread.usableProcessors, quota: CgroupQuota.processors { path in Self.text(of: path) })
  }

  /// - Parameter quota: in processors; nil for none.
  static func count(affinity: Int, quota: Double?) -> Int {
    guard let quota, quota < Double(affinity) else { return max(1, affinity) }
    return max(1, Int(quota.rounded(.up)))
  }

  private static func text(of path: String) -> String? {
    do throws(SystemError) {
      return String(decoding: try FileReader.read(path: path, limit: 1024 * 1024), as: UTF8.self)
    } catch {
      return nil
    }
  }
}

/// Reads the processor quota of this process's cgroups (`cpu.max` of version 2, `cpu.cfs_quota_us` of version 1).
enum CgroupQuota {
  /// The least of the quotas of the process's cgroup and all above it that can be seen, in processors; nil for none.
  ///
  /// - Parameter read: the contents of a file; nil if it can't be read.
  static func processors(reading read: (String) -> String?) -> Double? {
    let mounts = mounts(read("/proc/self/mountinfo") ?? "")
    var least: Double?
    for line in lines(read("/proc/self/cgroup") ?? "") {
      // `0::/path` for version 2, `4:cpu,cpuacct:/path` for version 1.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isUnified = parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("cpu") else { continue }
      let usual =
        isUnified ? ["/sys/fs/cgroup"] : ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]
      let known = mounts.filter { $0.isUnified == isUnified } + usual.map { Mount(point: $0, isUnified: isUnified) }
      for mount in known {
        for folder in mount.folders(of: String(parts[2])) {
          let quota = isUnified ? unified(in: folder, read) : legacy(in: folder, read)
          if let quota { least = min(least ?? quota, quota) }
        }
      }
    }
    return least
  }

  /// The place where a hierarchy of cgroups is mounted.
  private struct Mount {
    let point: String
    /// The cgroup that stands at the mount point.
    var root = "/"
    let isUnified: Bool

    /// The folders of a cgroup and of all above it, as far as they may be seen here.
    func folders(of path: String) -> [String] {
      var names = path.split(separator: "/")
      let above = root.split(separator: "/")
      if names.starts(with: above) { names.removeFirst(above.count) }
      // `..` leads out of what this process may see.
      guard !names.contains("..") else { return [point] }
      return (0...names.count).map { point + names.prefix($0).map { "/" + $0 }.joined() }
    }
  }

  /// `36 35 98:0 /root /point rw,… shared:1 … - cgroup source rw,cpu` (proc_pid_mountinfo(5)).
  private static func mounts(_ text: String) -> [Mount] {
    lines(text).compactMap { line in
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else { return nil }
      let isUnified = fields[dash + 1] == "cgroup2"
      guard isUnified || fields[dash + 1] == "cgroup" && fields[dash + 3].split(separator: ",").contains("cpu") else {
        return nil
      }
      return Mount(point: String(fields[4]), root: String(fields[3]), isUnified: isUnified)
    }
  }

  /// `50000 100000`: microseconds in each period of so many; `max 100000` for no quota.
  private static func unified(in folder: String, _ read: (String) -> String?) -> Double? {
    let words = (read(folder + "/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
    guard let first = words.first, let quota = Double(first), quota > 0 else { return nil }
    let period = words.count > 1 ? Double(words[1]) ?? 100_000 : 100_000
    return period > 0 ? quota / period : nil
  }

  /// -1 for no quota.
  private static func legacy(in folder: String, _ read: (String) -> String?) -> Double? {
    guard let quota = number(read(folder + "/cpu.cfs_quota_us")), quota > 0 else { return nil }
    let period = number(read(folder + "/cpu.cfs_period_us")) ?? 100_000
    return period > 0 ? quota / period : nil
  }

  private static func number(_ text: String?) -> Double? {
    text?.split(whereSeparator: \.isWhitespace).first.flatMap { Double($0) }
  }

  private static func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }
}
