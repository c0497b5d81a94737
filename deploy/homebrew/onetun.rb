class Onetun < Formula
  desc "WireGuard port forwarder in user space"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@DOWNLOADS@/onetun-@VERSION@-osx-arm64.tar.gz"
      sha256 "@SHA256 osx-arm64@"
    end
    on_intel do
      url "@DOWNLOADS@/onetun-@VERSION@-osx-x64.tar.gz"
      sha256 "@SHA256 osx-x64@"
    end
  end

  on_linux do
    on_arm do
      url "@DOWNLOADS@/onetun-@VERSION@-linux-arm64.tar.gz"
      sha256 "@SHA256 linux-arm64@"
    end
    on_intel do
      url "@DOWNLOADS@/onetun-@VERSION@-linux-x64.tar.gz"
      sha256 "@SHA256 linux-x64@"
    end
  end

  def install
    bin.install "onetun"
    man1.install "onetun.1"
    bash_completion.install "onetun.bash" => "onetun"
    zsh_completion.install "onetun.zsh" => "_onetun"
    fish_completion.install "onetun.fish"
  end

  test do
    assert_match "It works", shell_output("#{bin}/onetun demo --once")
  end
end
