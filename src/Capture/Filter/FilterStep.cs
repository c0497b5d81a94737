namespace Onetun.Capture;

/// <summary>A test, and the index of the step that follows when it holds and when it does not, or one of the two ends.</summary>
internal record struct FilterStep(FilterTest Test, int Then, int Else)
{
    /// <summary>The packet is wanted.</summary>
    public const int Accept = -1;

    /// <summary>The packet is not wanted.</summary>
    public const int Reject = -2;
}
