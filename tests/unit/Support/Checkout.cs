using Xunit;

namespace Onetun.Tests.Support;

/// <summary>The checkout that these tests were built from. A test that needs it is skipped where it is gone.</summary>
internal static class Checkout
{
    /// <summary>The directory of Onetun.sln.</summary>
    public static string Root
    {
        get
        {
            DirectoryInfo? directory = new(AppContext.BaseDirectory);
            while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Onetun.sln")))
            {
                directory = directory.Parent;
            }

            Assert.SkipWhen(directory is null, "no Onetun.sln above the test assembly: the checkout is not here");
            return directory.FullName;
        }
    }
}
