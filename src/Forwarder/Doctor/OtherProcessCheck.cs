using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Doctor;

/// <summary>Nobody else here speaks with our key: an endpoint answers whoever used it last.</summary>
internal static class OtherProcessCheck
{
    /// <summary>A finding if there is one.</summary>
    public static IEnumerable<Finding> Of(string publicKey, IEnumerable<ProcessStatus> processes) => processes
        .Where(process => process.PublicKey == publicKey)
        .Select(process => Finding.Note(
            $"process {process.Pid} runs with this key: its connections may stall for up to half a minute after this "
            + "('onetun status' looks without touching them)"));
}
