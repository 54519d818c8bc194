using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>Copies of single positions.</summary>
public static class Positions
{
    /// <summary>Copies the last position of each sequence: row b·time + time - 1 of the source to row b of the target.</summary>
    /// <param name="batch">Sequences.</param>
    /// <param name="time">Positions of each.</param>
    /// <param name="source">[batch·time, columns].</param>
    /// <param name="stride">Floats from one row of the source to the next.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="target">[batch, columns], rows one after the other.</param>
    public static void CopyLast(int batch, int time, F32 source, nint stride, int columns, F32 target)
    {
        for (int sequence = 0; sequence < batch; sequence++)
            source.At((((nint)sequence + 1) * time - 1) * stride).AsSpan(columns).CopyTo(target.At((nint)sequence * columns).AsSpan(columns));
    }
}
