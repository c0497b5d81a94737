using System.Diagnostics;
using Onetun.Forwarder.Wireshark;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>The launcher in Wireshark's folder.</summary>
public sealed class ExtcapInstallationTests : IDisposable
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly TestMachine _machine = new();
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("onetun");
    private readonly Dictionary<string, string> _said = [];

    public ExtcapInstallationTests()
    {
        _machine.Variables["HOME"] = _home.FullName;
        _machine.Variables["APPDATA"] = _home.FullName;
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ExtcapFolders Folders => new(_machine.Machine, words => _said.GetValueOrDefault(string.Join(' ', words)));

    private string Newer => At(".local", "lib", "wireshark", "extcap");

    private string Older => At(".config", "wireshark", "extcap");

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public void Wireshark_says_where_it_looks()
    {
        _said["tshark -G folders"] = $"Temp:\t/tmp\nPersonal configuration:\t{At("c")}\nPersonal Extcap path:\t{At("own place")}\nGlobal Extcap path:\t{At("g")}\n";
        Assert.Equal(At("own place"), Folders.Told());
    }

    [Fact]
    public void Before_version_4_2_it_looks_beside_its_configuration()
    {
        _said["tshark -G folders"] = $"Personal configuration:\t{At("c")}\nExtcap path:         \t/usr/lib/wireshark/extcap\n";
        Assert.Equal(Path.Combine(At("c"), "extcap"), Folders.Told());
    }

    [Theory]
    [InlineData("Wireshark 4.0.17 (Git v4.0.17 packaged as 4.0.17-0+deb12u3).", true)]
    [InlineData("Wireshark 3.6.2.", true)]
    [InlineData("Wireshark 4.2.2 (Git v4.2.2).", false)]
    [InlineData("Wireshark 4.10.0.", false)]
    [InlineData("", false)]
    public void Without_tshark_its_version_says_so(string version, bool isOlder)
    {
        SkipOnWindows();
        _said["wireshark --version"] = $"{version}\n\nCopyright 1998 and later, version 1.0 of a library\n";
        Assert.Equal(isOlder ? Older : Newer, Folders.Told());
        _machine.Variables["XDG_CONFIG_HOME"] = At("x");
        Assert.Equal(isOlder ? At("x", "wireshark", "extcap") : Newer, Folders.Told());
    }

    [Fact]
    public void Without_Wireshark_the_place_of_later_versions_is_taken_and_people_are_told()
    {
        SkipOnWindows();
        var (text, fault) = Installation().Install();
        Assert.Null(fault);
        Assert.Contains("No Wireshark was found", text);
        Assert.True(File.Exists(Path.Combine(Newer, "onetun")));
    }

    [Fact]
    public void Without_a_home_there_is_no_place()
    {
        _machine.Variables.Clear();
        Assert.Equal((null, OperatingSystem.IsWindows() ? "APPDATA does not say where the files of this user are" : "HOME is not set, or not to a full path"), Installation().Install());
    }

    [Fact]
    public void It_is_put_there_once_with_what_to_do_next()
    {
        SkipOnWindows();
        _said["wireshark --version"] = "Wireshark 4.2.0.";
        var path = Path.Combine(Newer, "onetun");
        var (text, _) = Installation().Install();
        Assert.StartsWith($"Wireshark now starts /opt/onetun by {path}.\nRestart Wireshark, or press F5", text);
#pragma warning disable CA1416 // Skipped above
        Assert.Equal(Executable, File.GetUnixFileMode(path));
#pragma warning restore CA1416

        (text, _) = Installation().Install();
        Assert.StartsWith($"{path} is there already.\n", text);

        // Another onetun takes the place of the first
        (text, _) = Installation("/usr/bin/onetun").Install();
        Assert.StartsWith("Wireshark now starts /usr/bin/onetun ", text);
        Assert.EndsWith("exec '/usr/bin/onetun' extcap \"$@\"\n", File.ReadAllText(path));
    }

    [Fact]
    public void It_is_taken_away_from_wherever_a_version_looks()
    {
        SkipOnWindows();
        var path = Path.Combine(Newer, "onetun");
        _said["wireshark --version"] = "Wireshark 4.0.0.";
        Installation().Install();
        _said["wireshark --version"] = "Wireshark 4.2.0.";
        Installation().Install();
        Assert.Equal(($"Removed {path} and {Path.Combine(Older, "onetun")}.", null), Installation().Uninstall());
        Assert.Empty(Directory.GetFiles(Newer));
        Assert.Equal(("There is nothing to remove.", null), Installation().Uninstall());
    }

    [Theory]
    [InlineData("#!/bin/sh\n# mine\n")]
    [InlineData("")]
    public void A_file_of_somebody_else_is_left_alone(string content)
    {
        SkipOnWindows();
        Directory.CreateDirectory(Newer);
        var path = Path.Combine(Newer, "onetun");
        File.WriteAllText(path, content);
        Assert.Equal((null, $"{path} is there, and not of onetun's making: move it away first"), Installation().Install());
        Assert.Equal(("There is nothing to remove.", null), Installation().Uninstall());
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public void A_place_that_cannot_be_had_is_told()
    {
        SkipOnWindows();
        File.WriteAllText(At(".local"), "");
        var (text, fault) = Installation().Install();
        Assert.Null(text);
        Assert.StartsWith($"Failed to make {Path.Combine(Newer, "onetun")}: ", fault);
    }

    [Fact]
    public async Task The_launcher_starts_a_program_of_any_name_without_a_PATH_and_passes_every_argument_on()
    {
        SkipOnWindows();
        var program = At("it's $HOME \"here\" \\");
        await File.WriteAllTextAsync(program, "#!/bin/sh\nprintf '%s|' \"$DOTNET_ROOT\" \"$@\"\n", Cancellation);
        var launcher = new Launcher([program], "/opt/my dotnet");
        var path = At("launcher");
#pragma warning disable CA1416 // Skipped above
        File.SetUnixFileMode(program, Executable);
#pragma warning restore CA1416
        Assert.True(launcher.Install(path));
        var start = new ProcessStartInfo(path, ["--filter", "tcp and 'x' $y", ""]) { RedirectStandardOutput = true };
        start.Environment.Clear();
        using var process = Process.Start(start)!;
        Assert.Equal(
            "/opt/my dotnet|extcap|--filter|tcp and 'x' $y||", await process.StandardOutput.ReadToEndAsync(Cancellation));
    }

    [Fact]
    public void The_launcher_of_Windows_is_a_batch_file() => Assert.Equal(
        "@echo off\r\nrem Written by 'onetun extcap --install'; 'onetun extcap --uninstall' removes it.\r\nchcp 65001 >nul\r\n"
        + "set \"DOTNET_ROOT=D:\\net\"\r\n\"C:\\Program Files\\dotnet.exe\" \"C:\\50%% off\\onetun.dll\" extcap %*\r\n",
        new Launcher([@"C:\Program Files\dotnet.exe", @"C:\50% off\onetun.dll"], @"D:\net").OfWindows());

    [Fact]
    public void Ours_starts_this_program() =>
        Assert.True(Path.IsPathFullyQualified(Launcher.Ours(_machine.Machine).Program[0]));

    private static void SkipOnWindows() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has one folder, and other launchers.");

    private string At(params string[] names) => Path.Combine([_home.FullName, .. names]);

    private ExtcapInstallation Installation(string program = "/opt/onetun") => new(Folders, new Launcher([program]));
}
