using System.Runtime.InteropServices;

namespace ModelDsl.Benchmarks.Peers;

/// <summary>The system's OpenBLAS, where it is installed.</summary>
internal static unsafe partial class OpenBlas
{
    private const int RowMajor = 101, Plain = 111;
    private static readonly nint Library = Open();

    /// <summary>How to install it, where it is missing; null where it is there.</summary>
    public static string? Missing => Library != 0 ? null : "libopenblas.so.0 not found: apt-get install libopenblas0-pthread";

    /// <summary>Its version, build options and kernels.</summary>
    public static string Description
    {
        get
        {
            delegate* unmanaged<byte*> config = (delegate* unmanaged<byte*>)NativeLibrary.GetExport(Library, "openblas_get_config");
            return Marshal.PtrToStringAnsi((nint)config())!.Trim();
        }
    }

    /// <summary>Number of threads of all its products.</summary>
    public static void SetThreads(int threads) => ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(Library, "openblas_set_num_threads"))(threads);

    /// <summary>C[m, n] = A[m, k] · B[k, n], all row-major and dense.</summary>
    public static void Multiply(int m, int n, int k, float* a, float* b, float* c)
        => ((delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)NativeLibrary.GetExport(Library, "cblas_sgemm"))(
            RowMajor, Plain, Plain, m, n, k, 1, a, k, b, n, 0, c, n);

    private static nint Open()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        // Settings of other programs that would cripple it. .NET's own environment is a copy that C code does not see.
        _ = UnsetVariable("OPENBLAS_CORETYPE");
        _ = UnsetVariable("OPENBLAS_L2_SIZE");
        return NativeLibrary.TryLoad("libopenblas.so.0", out nint library) ? library : 0;
    }

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetVariable(string name);
}
