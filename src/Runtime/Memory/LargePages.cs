using System.Runtime.InteropServices;

namespace ModelDsl.Memory;

/// <summary>Asks the system for large pages where that is a hint: with small ones every long stride and every stream waits for address translation.</summary>
internal static unsafe partial class LargePages
{
    /// <summary>Bytes of a large page; blocks of at least a few are worth aligning to it.</summary>
    public const nuint Size = 2 << 20;

    private const int AdviseHugePage = 14;

    /// <summary>Gives the hint for a block aligned to <see cref="Size"/>, before it is first touched. Refusal is fine.</summary>
    public static void Advise(void* block, nuint bytes)
    {
        if (OperatingSystem.IsLinux()) _ = Advise(block, bytes, AdviseHugePage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
