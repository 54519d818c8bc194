using ModelDsl.Memory;

namespace ModelDsl.Runtime.Tests.Kernels;

/// <summary>Guarded 16-bit brain floats that end where a page without access begins, and what they are as floats.</summary>
internal sealed unsafe class GuardedHalves : IDisposable
{
    private readonly GuardedMemory memory;
    private readonly GuardedMemory widened;

    /// <summary>Random ones, of no pattern that rounding made.</summary>
    public GuardedHalves(int seed, nint count)
    {
        memory = new GuardedMemory((count + 1) / 2);
        widened = new GuardedMemory(count);
        Data = new BF16((ushort*)(memory.Data.Pointer + memory.Length) - count);
        using GuardedMemory values = Sample.Normal(seed, count);
        for (nint i = 0; i < count; i++)
        {
            Data.Pointer[i] = (ushort)(BitConverter.SingleToUInt32Bits(values.Data[i]) >> 16);
            widened.Data[i] = Data[i];
        }
    }

    /// <summary>The first one.</summary>
    public BF16 Data { get; }

    /// <summary>The same values as floats.</summary>
    public F32 Widened => widened.Data;

    public void Dispose()
    {
        memory.Dispose();
        widened.Dispose();
    }
}
