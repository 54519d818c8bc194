using ModelDsl.Kernels;
using ModelDsl.Memory;
using ModelDsl.Threading;

namespace ModelDsl.Runtime.Tests.Kernels;

[Collection(Allocations.Name)]
public class MatMulAllocationTests
{
    [Fact]
    public void AllocatesNothingAfterTheFirstCall()
    {
        using WorkerPool pool = new(2);
        using Arena memory = new(3 * 400 * 400);
        Stored a = new(memory.Data, 400), b = new(memory.Data.At(400 * 400), 400);
        StoreProduct c = new(memory.Data.At(2 * 400 * 400), 400, false);
        (bool, bool)[] transposes = MatMulTests.Transposes;
        int[] rows = [1, 7, 400];
        long least = long.MaxValue;
        for (int round = 0; round < 20; round++)
        {
            // All threads are counted, those of the test runner too: it is enough that one round is clean.
            long before = GC.GetTotalAllocatedBytes(true);
            foreach ((bool transposeA, bool transposeB) in transposes)
            {
                foreach (int m in rows) MatMul.Run(pool, m, 400, 400, a, transposeA, b, transposeB, c);
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(true) - before);
        }

        Assert.Equal(0, least);
    }
}
