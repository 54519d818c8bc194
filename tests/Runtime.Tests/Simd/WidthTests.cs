using System.Collections;
using System.Runtime.InteropServices;
using ModelDsl.Simd;

namespace ModelDsl.Runtime.Tests.Simd;

/// <summary>A run of these tests that switches instruction sets off, to test narrower vectors, gets the width it asks for.</summary>
public sealed class WidthTests
{
    // Lanes that remain without an instruction set, on x64.
    private static readonly Dictionary<string, int> Widths = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DOTNET_EnableAVX512"] = 8,
        ["DOTNET_EnableAVX2"] = 4,
        ["DOTNET_EnableHWIntrinsic"] = 1,
    };

    private static readonly string[] Prefixes = ["DOTNET_EnableAVX", "DOTNET_EnableSSE", "DOTNET_EnableVector", "DOTNET_EnableHW"];

    [Fact]
    public void The_width_in_use_is_the_one_asked_for()
    {
        string[] off = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(variable => (string?)variable.Value == "0")
            .Select(variable => (string)variable.Key)
            .Where(name => Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))];

        // A name that is not in the table may be one that the runtime does not know, and ignores.
        Assert.All(off, name => Assert.Contains(name, Widths));
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64 && off.Length > 0) Assert.Equal(off.Min(name => Widths[name]), Vectors.Width);
    }

    [Fact]
    public unsafe void A_body_runs_at_the_width_in_use()
    {
        int width = 0;
        Vectors.Run(new Measure(&width));
        Assert.Equal(Vectors.Width, width);
    }

    private readonly unsafe struct Measure(int* width) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S> => *width = S.Width;
    }
}
