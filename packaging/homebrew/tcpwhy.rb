# The formula for Homebrew, on Linux and macOS. packaging/release fills in @...@.
class Tcpwhy < Formula
  desc "Reads packet captures and tells which TCP connects failed, and why"
  homepage "@URL@"
  url "@URL@/tcpwhy-@VERSION@.tar.gz"
  sha256 "@SHA256@"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build
  uses_from_macos "libpcap"

  def install
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"tcpwhy", "completions")
    system bin/"tcpwhy", "man", "--output-dir", "man"
    man1.install Dir["man/*.1"]
    pkgshare.install "samples/closed-port.pcap"
  end

  test do
    assert_match "refused", shell_output("#{bin}/tcpwhy read #{pkgshare}/closed-port.pcap")
  end
end
